#!/bin/bash
# SPDX-License-Identifier: MIT
# check-same.sh [CPU...]: builds the archives of what is committed twice, in two directories with fresh caches, and compares
# them. Takes some ten minutes for each CPU.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in one another-of-them; do
	git clone --quiet . "$work/$name/tree"
	(cd "$work/$name/tree" && DLTEST_ARCHIVES_DIR=$work/$name/work packaging/build-archives.sh "$@")
done
diff "$work"/{one,another-of-them}/tree/dist/SHA256SUMS && echo 'the same bytes'
