#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes dist/tsuku-dltestd_VERSION_ARCH.deb of what is committed, and has lintian look at it. For Debian 12 and later.
# DLTEST_DIST_DIR is where it goes (dist).
set -euo pipefail
cd "$(dirname "$0")/.."
dist=$(realpath -m "${DLTEST_DIST_DIR:-dist}")
packaging/install-dependencies.sh build
packaging/install-dependencies.sh debian
version=$(sed -n '1s/.*(\(.*\)-.*).*/\1/p' packaging/debian/changelog)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
name=tsuku-dltestd-$version

mkdir -p "$dist" "$work/$name"
git archive HEAD | tar --extract --directory="$work/$name"
(cd "$work" && tar --create --xz --file="tsuku-dltestd_$version.orig.tar.xz" "$name")
cp -r "$work/$name/packaging/debian" "$work/$name/debian"
(cd "$work/$name" && dpkg-buildpackage --no-sign >"$work/build.log" 2>&1) || {
	tail -n 40 "$work/build.log" | cut -c1-300
	exit 1
}
lintian --fail-on error,warning --display-info --tag-display-limit 0 "$work"/tsuku-dltestd_*.changes
cp "$work"/tsuku-dltestd*.deb "$dist/"
ls -l "$dist"/tsuku-dltestd_"$version"*.deb
