#!/bin/bash
# SPDX-License-Identifier: MIT
# vm.sh [CPU SUITE]...: the archive in a machine of its own, with the kernel and the C libraries of Debian's SUITE, by qemu
# without hardware's help: an initramfs of busybox, glibc, musl, the archive and libraries. Without arguments: aarch64 bookworm (Linux 6.1),
# x86_64 bookworm (6.1), and x86_64 bullseye (5.10, which has no Landlock).
# DLTEST_MACHINES_DIR is where all of it is kept (build/machines).
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(realpath -m "${DLTEST_MACHINES_DIR:-build/machines}")
dist=$(realpath "${DLTEST_DIST_DIR:-dist}")
zig=$(realpath -m "${DLTEST_ARCHIVES_DIR:-build/archives}")/zig/ziglang/zig
export ZIG_GLOBAL_CACHE_DIR=${zig%/zig/*}/zig-cache ZIG_LOCAL_CACHE_DIR=${zig%/zig/*}/zig-cache
mkdir -p "$work"
packaging/install-dependencies.sh machines

# shellcheck source=tests/machines/debian.sh
. tests/machines/debian.sh

# initramfs CPU SUITE ROOT: what the machine has.
initramfs() {
	local cpu=$1 suite=$2 root=$3 package name
	for package in busybox-static musl libc6; do
		debian_unpack_one "$cpu" "$suite" "$package" "$root"
	done
	rm -rf "${root:?}"/usr/share "${root:?}"/{usr/,}lib/*/gconv
	mkdir -p "$root"/{archive,tsuku/libs,proc,sys,dev,tmp,etc}
	echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
	for name in sh grep tr printf mount poweroff uname; do
		ln -sf busybox "$root/bin/$name"
	done
	tar --extract --strip-components=1 --directory="$root/archive" \
		--file="$(find "$dist" -name "tsuku-dltest-*-linux-$cpu.tar.xz" | sort | tail -1)"
	[ -d "$work/libraries-$cpu" ] || tests/machines/make-libraries.sh "$zig" "$cpu" "$work/libraries-$cpu"
	cp -r "$work/libraries-$cpu/." "$root/tsuku/libs/"
	install -m 755 tests/machines/in-root.sh "$root/in-root.sh"
	cat >"$root/init" <<-'INIT'
		#!/bin/sh
		mount -t proc proc /proc
		mount -t sysfs sysfs /sys
		mount -t devtmpfs devtmpfs /dev
		echo "kernel $(uname -rm)"
		. /settings
		/in-root.sh
		poweroff -f
	INIT
	chmod 755 "$root/init"
}

run() {
	local cpu=$1 suite=$2 root=$work/vm-$1-$2 kernel=$work/kernel-$1-$2 image out
	[ -d "$kernel" ] || debian_unpack_one "$cpu" "$suite" kernel "$kernel"
	rm -rf "$root"
	mkdir -p "$root"
	initramfs "$cpu" "$suite" "$root"
	echo "export MUSL=yes $([ "$suite" != bullseye ] || echo "SANDBOX='Landlock: *no'")" >"$root/settings"
	(cd "$root" && find . | cpio --quiet --create --format=newc | gzip -1) >"$root.cpio.gz"
	image=$(find "$kernel/boot" -name 'vmlinu[xz]-*' | head -1)
	local machine=(qemu-system-x86_64 -cpu max -append "console=ttyS0 quiet panic=-1")
	[ "$cpu" = x86_64 ] || machine=(qemu-system-aarch64 -M virt -cpu cortex-a57 -append "console=ttyAMA0 quiet panic=-1")
	out=$(timeout 900 "${machine[@]}" -accel tcg -m 1024 -smp 2 -nographic -no-reboot -nic none \
		-kernel "$image" -initrd "$root.cpio.gz" </dev/null | tr -d '\r' | grep -aoE '(kernel [0-9].*|^ok .*|^not ok .*|^done)$') || true
	echo "== $cpu $suite"
	echo "$out"
	if [ "$(tail -1 <<<"$out")" != "done" ] || grep -q '^not ok' <<<"$out" || [ "$(grep -c '^ok' <<<"$out")" -lt 15 ]; then
		failed+=("$cpu-$suite")
	fi
}

[ $# -gt 0 ] || set -- aarch64 bookworm x86_64 bookworm x86_64 bullseye
failed=()
while [ $# -ge 2 ]; do
	run "$1" "$2"
	shift 2
done
[ ${#failed[@]} -eq 0 ] || {
	echo "failed: ${failed[*]}"
	exit 1
}
echo 'all machines passed'
