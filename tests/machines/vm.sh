#!/bin/bash
# SPDX-License-Identifier: MIT
# vm.sh [CPU SUITE]...: the archive in a machine of its own, with the kernel and the C libraries of Debian's SUITE, by qemu
# without hardware's help: an initramfs of busybox, glibc, musl, the archive and libraries. Without arguments: aarch64 bookworm (Linux 6.1),
# x86_64 bookworm (6.1), and x86_64 bullseye (5.10, which has no Landlock). Needs qemu-system-arm, qemu-system-x86 and cpio.
# DLTEST_MACHINES_DIR is where all of it is kept (build/machines).
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(realpath -m "${DLTEST_MACHINES_DIR:-build/machines}")
dist=$(realpath "${DLTEST_DIST_DIR:-dist}")
zig=$(realpath -m "${DLTEST_ARCHIVES_DIR:-build/archives}")/zig/ziglang/zig
export ZIG_GLOBAL_CACHE_DIR=${zig%/zig/*}/zig-cache ZIG_LOCAL_CACHE_DIR=${zig%/zig/*}/zig-cache
declare -A debian=([x86_64]=amd64 [aarch64]=arm64)
mkdir -p "$work"

# fetch CPU SUITE PACKAGE DIR: the package of that machine, unpacked and not installed.
fetch() {
	local arch=${debian[$1]} apt=$work/apt-$1-$2 folder=$work/packages-$1-$2
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$folder"
	local options=(-qq -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Sandbox::User=root
		-o Dir::Etc::sourcelist="$apt/sources" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$apt/lists"
		-o Dir::State::status=/dev/null -o Dir::Cache="$apt/cache")
	if [ ! -e "$apt/sources" ]; then
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${DEBIAN_MIRROR:-http://deb.debian.org/debian} $2 main" \
			>"$apt/sources"
		apt-get "${options[@]}" update
	fi
	local name=$3
	# The package that the one of this name depends on: the kernel itself.
	[ "$name" != kernel ] || name=$(apt-cache "${options[@]}" depends "linux-image-$arch" |
		sed -n 's/^ *Depends: \(linux-image-[^ ]*\).*/\1/p' | head -1)
	[ -n "$(find "$folder" -name "${name}_*.deb")" ] || (cd "$folder" && apt-get "${options[@]}" download "$name")
	dpkg -x "$(find "$folder" -name "${name}_*.deb" | head -1)" "$4"
}

# initramfs CPU SUITE ROOT: what the machine has.
initramfs() {
	local cpu=$1 suite=$2 root=$3 package name
	for package in busybox-static musl libc6; do
		fetch "$cpu" "$suite" "$package" "$root"
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
	[ -d "$kernel" ] || fetch "$cpu" "$suite" kernel "$kernel"
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
