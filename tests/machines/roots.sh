#!/bin/bash
# SPDX-License-Identifier: MIT
# roots.sh [ROOT...]: the archive of this machine's CPU in foreign roots, by chroot, as root: 'bullseye' (glibc 2.31, by
# debootstrap), 'musl' (musl and busybox, nothing else), 'noproc' (bullseye without /proc), 'docker' (bullseye under a system
# call filter such as containers have). All of them if none is named. What is in dist/ is tried; build-archives.sh made it.
# DLTEST_MACHINES_DIR is where roots are kept (build/machines).
set -euo pipefail
cd "$(dirname "$0")/../.."
source=$PWD
cpu=$(uname -m)
work=$(realpath -m "${DLTEST_MACHINES_DIR:-build/machines}")
zig=$(realpath -m "${DLTEST_ARCHIVES_DIR:-build/archives}")/zig/ziglang/zig
archive=$(find "${DLTEST_DIST_DIR:-dist}" -name "tsuku-dltest-*-linux-$cpu.tar.xz" | sort | tail -1)
[ "$(id -u)" -eq 0 ] || {
	echo "roots.sh has to be root, to chroot" >&2
	exit 2
}
roots=("$@")
[ ${#roots[@]} -gt 0 ] || roots=(bullseye musl noproc docker)
packaging/install-dependencies.sh machines
mkdir -p "$work"
export ZIG_GLOBAL_CACHE_DIR=${zig%/zig/*}/zig-cache ZIG_LOCAL_CACHE_DIR=${zig%/zig/*}/zig-cache
[ -d "$work/libraries-$cpu" ] || tests/machines/make-libraries.sh "$zig" "$cpu" "$work/libraries-$cpu"

# shellcheck source=tests/machines/debian.sh
. tests/machines/debian.sh

make_bullseye() {
	[ -x "$1/bin/sh" ] || debootstrap --variant=minbase bullseye "$1" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >&2
}

make_musl() {
	mkdir -p "$1"/{bin,etc,proc,dev,tmp,lib,usr}
	debian_unpack_one "$cpu" bookworm busybox-static "$1"
	debian_unpack_one "$cpu" bookworm musl "$1"
	for name in sh grep tr printf; do
		ln -sf busybox "$1/bin/$name"
	done
	echo 'root:x:0:0:root:/:/bin/sh' >"$1/etc/passwd"
}

# try NAME DIR COMMAND...: COMMAND chroots. A mount namespace of its own, so that nothing is left mounted.
try() {
	local name=$1 root=$2 out
	shift 2
	rm -rf "$root/archive" "$root/tsuku"
	mkdir -p "$root"/{archive,tsuku/libs,proc,dev}
	tar --extract --strip-components=1 --directory="$root/archive" --file="$archive"
	cp -r "$work/libraries-$cpu/." "$root/tsuku/libs/"
	install -m 755 tests/machines/in-root.sh "$root/in-root.sh"
	# shellcheck disable=SC2016 # its own variables
	out=$(unshare --mount --propagation private bash -c '
		root=$1 proc=$2
		shift 2
		mount --rbind /dev "$root/dev"
		[ -z "$proc" ] || mount --rbind /proc "$root/proc"
		exec "$@"' - "$root" "${PROC-yes}" "$@" 2>&1) || true
	echo "== $name"
	echo "$out"
	if [ "$(tail -1 <<<"$out")" != "done" ] || grep -q '^not ok' <<<"$out" || [ "$(grep -c '^ok' <<<"$out")" -lt 5 ]; then
		failed+=("$name")
	fi
}

failed=()
for root in "${roots[@]}"; do
	case $root in
	bullseye)
		make_bullseye "$work/bullseye"
		try bullseye "$work/bullseye" chroot "$work/bullseye" /in-root.sh
		;;
	musl)
		make_musl "$work/musl"
		GLIBC='' MUSL=yes try musl "$work/musl" chroot "$work/musl" /bin/sh /in-root.sh
		;;
	noproc)
		make_bullseye "$work/bullseye"
		PROC='' NOPROC=yes SANDBOX=. try noproc "$work/bullseye" chroot "$work/bullseye" /in-root.sh
		;;
	docker)
		make_bullseye "$work/bullseye"
		cc -O2 -Wall -Werror -o "$work/as-docker" "$source/tests/machines/as-docker.c" -lseccomp
		SHARED="" try docker "$work/bullseye" "$work/as-docker" chroot "$work/bullseye" /in-root.sh
		;;
	*)
		echo "there is no root '$root'" >&2
		exit 2
		;;
	esac
done
[ ${#failed[@]} -eq 0 ] || {
	echo "failed: ${failed[*]}"
	exit 1
}
echo "all roots passed: ${roots[*]}"
