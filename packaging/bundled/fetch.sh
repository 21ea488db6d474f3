#!/bin/bash
# SPDX-License-Identifier: MIT
# fetch.sh DIR: the sources of sources.txt, checked, unpacked and with Debian's patches, below DIR; what is there already
# is not fetched again. DEBIAN_MIRROR names another mirror, such as one of snapshot.debian.org, which keeps all versions.
# Needs gperf, and apt-helper, which is apt's own and runs without its sandbox, for a directory that its user may not see.
set -euo pipefail
pinned=$(realpath "$(dirname "$0")/sources.txt")
directory=$1
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

mkdir -p "$directory/downloads"
cd "$directory"

fetch() {
	local hash=$1 path=$2 file
	file=downloads/${path##*/}
	if ! echo "$hash  $file" | sha256sum --check --status 2>/dev/null; then
		rm -f "$file"
		/usr/lib/apt/apt-helper -qq -o APT::Sandbox::User=root download-file "$mirror/pool/$path" "$file" "SHA256:$hash" >&2 || {
			echo "$mirror/pool/$path is not there, or is another: DEBIAN_MIRROR" \
				"(a date of http://snapshot.debian.org/archive/debian) has all that ever was" >&2
			return 1
		}
	fi
	echo "$hash  $file" | sha256sum --check --quiet
}

# unpack NAME: its tarball, and over it Debian's patches.
unpack() {
	local name=$1 patches patch
	rm -rf "$name"
	mkdir "$name"
	tar --extract --strip-components=1 --directory="$name" --file="$(echo downloads/"$name"_*.orig.tar.*)"
	patches=$(echo downloads/"$name"_*.debian.tar.*)
	[ -e "$patches" ] || return 0
	tar --extract --directory="$name" --file="$patches"
	while read -r patch; do
		patch --silent --strip=1 --directory="$name" <"$name/debian/patches/$patch"
	done < <(grep -v '^#' "$name/debian/patches/series")
}

while read -r hash path; do
	[ "$hash" != '#' ] || continue
	fetch "$hash" "$path"
done <"$pinned"
# The names of those whose sources are all here: what is left of an interrupted run begins anew.
if ! cmp -s "$pinned" unpacked.txt; then
	for name in cjson jsmn libevent libseccomp uthash; do
		unpack "$name"
	done
	# Debian's patch brings system calls; the table made of them is the tarball's.
	(
		cd libseccomp/src
		bash ./arch-gperf-generate syscalls.csv syscalls.perf.template
		gperf -m 100 --null-strings --pic -tCEG -T -S1 syscalls.perf >syscalls.perf.c
	)
	cp "$pinned" unpacked.txt
fi
