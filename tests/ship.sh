#!/bin/bash
# SPDX-License-Identifier: MIT
# All that is shipped, made of what is committed and run where it can be: the archives of both CPUs, that of this one in a root
# with musl alone, that of the other in a machine of its own; the Debian package and the RPM, installed, used, upgraded
# and removed in a clean root. As root, or by sudo. Of tests/machines it is what CI has time for.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" -ne 0 ]; then
	exec sudo --preserve-env=DLTEST_ARCHIVES_DIR,DLTEST_DIST_DIR,DLTEST_MACHINES_DIR,DEBIAN_MIRROR "$0"
fi
packaging/install-dependencies.sh machines
mkdir -p build
failed=build/ship.failed
: >$failed

# step NAME COMMAND...: says how long it took, and what it said if it failed. What comes after it is done all the same.
step() {
	local name=$1 start=$SECONDS log=build/ship-$1.log
	shift
	if "$@" >"$log" 2>&1; then
		echo "ok $name: $((SECONDS - start)) s, $(tail -n 1 "$log")"
	else
		cat "$log"
		echo "not ok $name"
		echo "$name" >>$failed
	fi
}

# Beside one another: each of them waits for one processor, or for the network, at times.
{
	step archives packaging/build-archives.sh
	step roots tests/machines/roots.sh musl
	step aarch64 tests/machines/vm.sh aarch64 bookworm
} &
{
	step deb packaging/build-deb.sh
	step deb-installed tests/machines/package.sh deb
	step rpm packaging/build-rpm.sh --next
	step rpm-installed tests/machines/package.sh rpm
	step recipes packaging/check-recipes.sh
} &
wait
[ ! -s $failed ] || {
	echo "failed: $(tr '\n' ' ' <$failed)"
	exit 1
}
echo 'all that is shipped works'
