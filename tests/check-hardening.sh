#!/bin/bash
# SPDX-License-Identifier: MIT
# What the programs are like that the preset release makes (check-hardening.py).
set -euo pipefail

cd "$(dirname "$0")/.."

release=build/release
mkdir -p build
# Not what somebody is making of it at this moment.
exec 9>build/release.lock
flock 9
if ! { cmake --preset release &&
	cmake --build $release --target tsuku-dltest tsuku-dltestd tsuku-dltest-loader; } >$release.log 2>&1; then
	cat $release.log
	exit 1
fi
tests/check-hardening.py $release
