#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes dist/tsuku-dltest-VERSION-linux-CPU.tar.xz, for whatever Linux of that CPU: client and daemon static, a loader for
# glibc and one for musl; and dist/SHA256SUMS. It runs on x86_64.
#   packaging/build-archives.sh [CPU...]        x86_64 and aarch64, if not told otherwise
# Environment:
#   DLTEST_VERSION         the version to stamp, if not the project's
#   DLTEST_ARCHIVES_DIR    where it works, and keeps what it fetched (build/archives)
#   DLTEST_DIST_DIR        where the archives go (dist)
#   SOURCE_DATE_EPOCH      the time of all that is in them, if not the last commit's
# The same sources give the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD

# In bytes; more is an error.
declare -A most=([tsuku-dltest]=160000 [tsuku-dltestd]=700000 [tsuku-dltest-loader]=125000
	[tsuku-dltest-loader-musl]=120000 [archive]=400000)

cpus=("$@")
[ ${#cpus[@]} -gt 0 ] || cpus=(x86_64 aarch64)
for cpu in "${cpus[@]}"; do
	[[ $cpu =~ ^(x86_64|aarch64)$ ]] || {
		echo "usage: $0 [x86_64 | aarch64]..." >&2
		exit 2
	}
done
work=$(realpath -m "${DLTEST_ARCHIVES_DIR:-build/archives}")
dist=$(realpath -m "${DLTEST_DIST_DIR:-dist}")
version=${DLTEST_VERSION:-$(sed -n 's/^project(.* VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)}
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}

packaging/install-dependencies.sh archives
mkdir -p "$work" "$dist"

# zig, by its hash. Its caches are kept; everything it builds of its own is made once.
if [ ! -x "$work/zig/ziglang/zig" ]; then
	python3 -m pip --quiet --disable-pip-version-check install --require-hashes --only-binary :all: --no-deps \
		--target "$work/zig.new" --requirement packaging/archives/zig.txt
	mv "$work/zig.new" "$work/zig"
fi
zig=$work/zig/ziglang/zig
export ZIG_GLOBAL_CACHE_DIR=$work/zig-cache ZIG_LOCAL_CACHE_DIR=$work/zig-cache
packaging/bundled/fetch.sh "$work/bundled"

# failed LOG: says why, and ends.
failed() {
	cat "$1" >&2
	exit 1
}

# tree CPU LIBC TARGET...: these targets, for this C library. No path of this machine gets into them.
tree() {
	local cpu=$1 libc=$2 build=$work/$1-$2
	local -A targets=([glibc]=linux-gnu.2.17 [musl]=linux-musl) clients=([glibc]=shared [musl]=static)
	local -A portable=([glibc]=OFF [musl]=ON)
	shift 2
	cmake -G Ninja -S "$source" -B "$build" -DCMAKE_TOOLCHAIN_FILE="$source/packaging/archives/zig.cmake" \
		-DDLTEST_ZIG="$zig" -DDLTEST_ZIG_TARGET="$cpu-${targets[$libc]}" -DDLTEST_BUNDLED="$work/bundled" \
		-DDLTEST_PORTABLE="${portable[$libc]}" -DDLTEST_CLIENT_LIBC="${clients[$libc]}" \
		-DDLTEST_SYSTEMD=OFF -DDLTEST_VERSION="$version" \
		-DBUILD_TESTING=OFF -DCMAKE_BUILD_TYPE=MinSizeRel -DCMAKE_INSTALL_PREFIX=/usr/local \
		-DCMAKE_C_FLAGS="-flto -g0 -ffile-prefix-map=$source=. -ffile-prefix-map=$work=." >"$build.log" 2>&1 || failed "$build.log"
	cmake --build "$build" --target "$@" >>"$build.log" 2>&1 || failed "$build.log"
}

# hold FILE NAME: no more than it may have.
hold() {
	local size
	size=$(stat -c %s "$1")
	printf '%8d %s\n' "$size" "$2"
	[ "$size" -le "${most[$2]}" ] || {
		echo "$2 has $size bytes, and may have ${most[$2]}" >&2
		return 1
	}
}

archive() {
	local cpu=$1 name=tsuku-dltest-$version-linux-$1 root file
	root=$work/$name
	echo "$name:"
	# Beside one another: what zig builds of its own first, it builds on one processor.
	tree "$cpu" glibc tsuku-dltest-loader &
	tree "$cpu" musl all
	wait $!
	rm -rf "$root"
	cmake --install "$work/$cpu-musl" --prefix "$root" >>"$work/$cpu-musl.log"
	mv "$root/libexec/tsuku-dltest-loader" "$root/libexec/tsuku-dltest-loader-musl"
	install -m 755 "$work/$cpu-glibc/bin/tsuku-dltest-loader" "$root/libexec/"
	packaging/archives/add-papers.py --version "$version" --epoch "$epoch" --zig "$work/zig/ziglang" \
		--bundled "$work/bundled" "$root"
	for file in bin/tsuku-dltest bin/tsuku-dltestd libexec/tsuku-dltest-loader libexec/tsuku-dltest-loader-musl; do
		hold "$root/$file" "${file##*/}"
	done
	tar --create --directory="$work" --format=gnu --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner \
		--mode=u+rw,go+r-w "$name" | xz -9e --threads=1 >"$dist/$name.tar.xz.new"
	mv "$dist/$name.tar.xz.new" "$dist/$name.tar.xz"
	hold "$dist/$name.tar.xz" archive
}

for cpu in "${cpus[@]}"; do
	archive "$cpu"
done
(cd "$dist" && sha256sum tsuku-dltest-"$version"-linux-*.tar.xz >SHA256SUMS && cat SHA256SUMS)
