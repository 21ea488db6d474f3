#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes dist/tsuku-dltestd-VERSION-RELEASE.CPU.rpm of what is committed, with Fedora's flags (rpm/macros.fedora), on Debian.
#   packaging/build-rpm.sh [--next]     --next: another after it, of the next release
# On Fedora 'rpmbuild -ba' of the spec is all. DLTEST_DIST_DIR is where it goes (dist).
set -euo pipefail
cd "$(dirname "$0")/.."
dist=$(realpath -m "${DLTEST_DIST_DIR:-dist}")
packaging/install-dependencies.sh build
packaging/install-dependencies.sh rpm
spec=packaging/rpm/tsuku-dltestd.spec
version=$(sed -n 's/^Version: *//p' $spec)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# build ARGUMENT...: Debian's packages are not in the database that rpmbuild asks for what it needs.
build() {
	rpmbuild -bb --nodeps --load packaging/rpm/macros.fedora --define "_topdir $work" --buildroot "$work/root" \
		"$@" $spec >"$work/log" 2>&1 || {
		tail -n 40 "$work/log" | cut -c1-300
		exit 1
	}
}

mkdir -p "$dist" "$work/SOURCES"
git archive --format=tar.gz --prefix="tsuku-dltestd-$version/" -o "$work/SOURCES/tsuku-dltestd-$version.tar.gz" HEAD
build --noclean --define 'dist .fc40'
# The same files once more; nothing is compiled for that.
[ "${1-}" != --next ] || build --short-circuit --noprep --define 'dist .fc40.next'
cp "$work"/RPMS/*/tsuku-dltestd-"$version"-*.rpm "$dist/"
ls -l "$dist"/tsuku-dltestd-"$version"-*.rpm
