#!/bin/bash
# SPDX-License-Identifier: MIT
# What the programs are like that the preset release makes (check-hardening.py).
set -euo pipefail

release=$DLTEST_BUILD_DIR/release
cmake --fresh -S "$DLTEST_SOURCE_DIR" --preset release -B "$release" >/dev/null
cmake --build "$release" --target tsuku-dltest tsuku-dltestd tsuku-dltest-loader >"$release/build.log" 2>&1 || {
	cat "$release/build.log"
	exit 1
}
"$(dirname "$0")/check-hardening.py" "$release"
