#!/bin/bash
# SPDX-License-Identifier: MIT
# install-dependencies.sh          what packaging/debian-packages.txt lists and is not there yet
# install-dependencies.sh BLOCK    of that, what stands below the line "# BLOCK": build, tests
# For Debian 12.
set -euo pipefail
cd "$(dirname "$0")"

packages=$(awk -v want="# ${1-}" '
	/^#/ { block = $0; next }
	want == "# " || block == want' debian-packages.txt)
[ -n "$packages" ] || {
	echo "there is no block '$1' in packaging/debian-packages.txt" >&2
	exit 2
}
missing=()
for package in $packages; do
	status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
	[ "$status" = 'install ok installed' ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
run=()
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "these packages are missing, and there is no sudo: ${missing[*]}" >&2
		exit 1
	}
	run=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${run[@]}" apt-get update -qq
"${run[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
