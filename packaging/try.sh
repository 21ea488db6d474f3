#!/bin/bash
# SPDX-License-Identifier: MIT
# Installs what building needs (Debian 12), builds without the tests, and verifies a real library:
# the README's first command.
set -euo pipefail
cd "$(dirname "$0")/.."

packaging/install-dependencies.sh build
cmake --preset release >/dev/null
cmake --build build/release
for library in /usr/lib/*/libz.so.1 /lib/*/libz.so.1 /usr/lib*/libz.so.1; do
	[ ! -e "$library" ] || break
done
echo "+ build/release/bin/tsuku-dltest --details $library"
build/release/bin/tsuku-dltest --details "$library"
