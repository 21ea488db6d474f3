#!/bin/bash
# SPDX-License-Identifier: MIT
# suites.sh CPU SUITE [CTEST-ARGUMENT...]: the unit tests and the attacks, or what else ctest is told to run, in a machine of
# that CPU with the kernel of Debian's SUITE, by qemu without hardware's help. For this machine's CPU that is this machine's
# root and build/dev as they are; for aarch64 a root of Debian 12's packages, and a build by Debian's cross compiler. What
# is written there is gone afterwards. An hour each.
# DLTEST_MACHINES_DIR is where roots and kernels are kept (build/machines).
set -euo pipefail
cd "$(dirname "$0")/../.."
source=$PWD
cpu=$1 suite=$2
shift 2
[ $# -gt 0 ] || set -- -L '^unit$|^sandbox$' -LE 'sandbox.user|^timed$'
work=$(realpath -m "${DLTEST_MACHINES_DIR:-build/machines}")
mkdir -p "$work"
packaging/install-dependencies.sh machines
# shellcheck source=tests/machines/debian.sh
. tests/machines/debian.sh

# make_root DIR: a foreign root with what the tests need, of packages that are unpacked and not installed.
make_root() {
	local root=$1 folder
	[ ! -e "$root/.made" ] || return 0
	rm -rf "$root"
	mkdir -p "$root"
	debian_unpack "$cpu" bookworm "$root" bash binutils cmake coreutils diffutils findutils gawk grep iproute2 libc6-dev libcjson-dev \
		libcriterion-dev libevent-dev libjsmn-dev libseccomp-dev libsystemd-dev linux-libc-dev mount passwd procps \
		python3 sed util-linux uthash-dev zlib1g
	for folder in bin sbin lib; do
		[ -L "$root/$folder" ] || {
			cp -a "$root/$folder/." "$root/usr/$folder/"
			rm -rf "${root:?}/$folder"
			ln -s "usr/$folder" "$root/$folder"
		}
	done
	ln -sf bash "$root/bin/sh"
	mkdir -p "$root"/{proc,sys,dev,tmp,run,root,etc}
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	echo 'root:x:0:' >"$root/etc/group"
	: >"$root/.made"
}

# build_foreign ROOT BUILD: the preset dev, for that root.
build_foreign() {
	local root=$1 build=$2
	packaging/install-dependencies.sh cross
	PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_LIBDIR=$root/usr/lib/$cpu-linux-gnu/pkgconfig:$root/usr/share/pkgconfig \
		cmake -G Ninja -S . -B "$build" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$cpu" \
		-DCMAKE_C_COMPILER="$cpu-linux-gnu-gcc" -DCMAKE_SYSROOT="$root" -DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER -DCMAKE_BUILD_TYPE=RelWithDebInfo \
		-DCMAKE_COMPILE_WARNING_AS_ERROR=ON -DDLTEST_MUSL_LOADER=OFF -DDLTEST_CLIENT_LIBC=shared
	cmake --build "$build"
}

# initramfs KERNEL-DIR DIR: with what the kernel needs to see what is shared with it, and then it is there.
initramfs() {
	local kernel=$1 root=$2 version name
	shift 2
	version=$(ls "$kernel/lib/modules")
	rm -rf "$root"
	mkdir -p "$root"/{bin,proc,sys,dev,new,lower,layer,modules}
	debian_unpack_one "$cpu" bookworm busybox-static "$root"
	for name in sh mount insmod mkdir chroot poweroff uname; do
		ln -sf busybox "$root/bin/$name"
	done
	# In the order in which they need one another; what is in the kernel itself is not there.
	depmod -b "$kernel" "$version"
	for name in virtio_pci virtio_mmio 9pnet_virtio 9p overlay; do
		modprobe -d "$kernel" -S "$version" --show-depends "$name" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
	done | awk '!seen[$0]++' >"$root/modules/list"
	while read -r name; do
		case $name in
		*.xz) xz -dc "$name" >"$root/modules/$(basename "$name" .xz)" ;;
		*) cp "$name" "$root/modules/" ;;
		esac
	done <"$root/modules/list"
	sed -i 's/.*\///; s/\.xz$//' "$root/modules/list"
	{
		printf 'tree=%q\n' "$source"
		printf 'run() { chroot /new /bin/bash -c %q; }\n' "export DLTEST_SANDBOX_MUST_WORK=1 LC_ALL=C.UTF-8 HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin
			cd $source && ctest --test-dir $(printf %q "$build") -V -j2 $(printf '%q ' "$@")"
	} >"$root/settings"
	cat >"$root/init" <<-'INIT'
		#!/bin/sh
		mount -t proc proc /proc
		mount -t sysfs sysfs /sys
		mount -t devtmpfs devtmpfs /dev
		. /settings
		while read -r module; do
			insmod "/modules/$module"
		done </modules/list
		share() { mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro "$1" "$2"; }
		share root /lower
		mount -t tmpfs layer /layer
		mkdir /layer/upper /layer/work
		mount -t overlay -o lowerdir=/lower,upperdir=/layer/upper,workdir=/layer/work root /new
		mkdir -p "/new$tree"
		mkdir /layer/tree /layer/tree-upper /layer/tree-work
		share tree /layer/tree
		mount -t overlay -o lowerdir=/layer/tree,upperdir=/layer/tree-upper,workdir=/layer/tree-work tree "/new$tree"
		mount -t proc proc /new/proc
		mount -t sysfs sysfs /new/sys
		mount -t devtmpfs devtmpfs /new/dev
		mkdir -p /new/dev/pts /new/dev/shm
		mount -t devpts devpts /new/dev/pts
		mount -t tmpfs tmp /new/dev/shm
		mount -t tmpfs tmp /new/tmp
		mount -t tmpfs run /new/run
		mount -t cgroup2 none /new/sys/fs/cgroup
		echo "kernel $(uname -rm)"
		run
		echo "status $?"
		poweroff -f
	INIT
	chmod 755 "$root/init"
}

build=$source/build/dev
root=/
kernel=$work/kernel-$cpu-$suite
if [ "$cpu" != "$(uname -m)" ]; then
	root=$work/root-$cpu
	build=$source/build/$cpu
	make_root "$root"
	build_foreign "$root" "$build" >"$build.log" 2>&1 || {
		tail -n 40 "$build.log"
		exit 1
	}
fi
[ -e "$build/CTestTestfile.cmake" ] || {
	echo "there is no $build: cmake --preset dev && cmake --build build/dev" >&2
	exit 1
}
[ -d "$kernel" ] || debian_unpack_one "$cpu" "$suite" kernel "$kernel"
initramfs "$kernel" "$work/initramfs-$cpu-$suite" "$@"
(cd "$work/initramfs-$cpu-$suite" && find . | cpio --quiet --create --format=newc | gzip -1) >"$work/suites-$cpu-$suite.cpio.gz"
machine=(qemu-system-x86_64 -cpu max -append "console=ttyS0 quiet panic=-1")
[ "$cpu" = x86_64 ] || machine=(qemu-system-aarch64 -M virt -cpu cortex-a57 -append "console=ttyAMA0 quiet panic=-1")
share() { echo "local,path=$1,mount_tag=$2,security_model=none,readonly=on,multidevs=remap"; }
log=$work/suites-$cpu-$suite.log
timeout 14400 "${machine[@]}" -accel tcg,thread=multi -m 6144 -smp 2 -nographic -no-reboot -nic none \
	-virtfs "$(share "$root" root)" -virtfs "$(share "$source" tree)" \
	-kernel "$(find "$kernel/boot" -name 'vmlinu[xz]-*' | head -1)" -initrd "$work/suites-$cpu-$suite.cpio.gz" \
	</dev/null 2>&1 | tr -d '\r' >"$log" || true
# A program of unit tests that finds none of its tests says so, and nothing else is wrong with it.
tested=$(sed -n 's/.*Tested: \([0-9]*\) .*/\1/p' "$log" | awk '{ sum += $1; if ($1 == 0) none++ } END { print sum + 0, none + 0 }')
grep -aE '^kernel |tests passed|tests failed|\*\*\*|^The following|^status ' "$log" || true
echo "unit tests: ${tested% *}, programs without any: ${tested#* }"
grep -q '^status 0$' "$log" && [ "${tested#* }" -eq 0 ] && grep -q '^100% tests passed' "$log"
