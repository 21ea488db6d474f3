#!/bin/bash
# SPDX-License-Identifier: MIT
# as-user.sh PYTHON TEST [ARGUMENT...]: runs an integration test as an ordinary user who is in no
# password file, with copies of everything where that user can reach it. Only root can do that; for
# anybody else the suite already runs as an ordinary user, and this is skipped (exit status 77).
set -euo pipefail

if [ "$(id -u)" != 0 ]; then
	echo "not root: integration.* already runs as an ordinary user" >&2
	exit 77
fi
python=$1
test=$2
shift 2
uid=4242

stage=$(mktemp -d /tmp/dltest-user.XXXXXX)
trap 'chmod -R u+rwX "$stage"; rm -rf "$stage"' EXIT
chmod 755 "$stage"
mkdir -p "$stage/source/include" "$stage/source/tests" "$stage/build"
cp -R "$DLTEST_SOURCE_DIR/include/dltest" "$stage/source/include/"
install -D -m 644 "$DLTEST_SOURCE_DIR/daemon/abi/loader_abi.h" \
	"$stage/source/daemon/abi/loader_abi.h"
for part in tools integration fixtures sandbox corpus sweep; do
	cp -R "$DLTEST_SOURCE_DIR/tests/$part" "$stage/source/tests/"
done
cp -R "$(dirname "$DLTEST_CLIENT")" "$stage/build/bin"
cp -R "$DLTEST_FIXTURES" "$stage/build/fixtures"
chmod -R a+rX "$stage"
install -d -m 700 -o "$uid" -g "$uid" "$stage/home"

export DLTEST_SOURCE_DIR=$stage/source DLTEST_BUILD_DIR=$stage/build
export DLTEST_FIXTURES=$stage/build/fixtures DLTEST_CLIENT=$stage/build/bin/tsuku-dltest
export DLTEST_DAEMON=$stage/build/bin/tsuku-dltestd DLTEST_LOADER=$stage/build/bin/tsuku-dltest-loader
export HOME=$stage/home
cd "$stage/home"
setpriv --reuid="$uid" --regid="$uid" --clear-groups --inh-caps=-all --bounding-set=-all \
	"$python" -B "$DLTEST_SOURCE_DIR/tests/$test" "$@"
