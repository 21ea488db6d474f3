#!/bin/bash
# SPDX-License-Identifier: MIT
# The README's second command: installs what is needed (Debian 12), then builds and tests.
#   tests/run.sh             everything that CI runs
#   tests/run.sh PRESET...   all tests of these presets (dev, clang, asan, minimal, …)
# Goes on after a preset that fails and says at the end which did.
set -euo pipefail
cd "$(dirname "$0")/.."

packaging/install-dependencies.sh
export DLTEST_SANDBOX_MUST_WORK=1
failed=()

# run PRESET CTEST-ARGUMENT...
run() {
	local preset=$1
	shift
	echo "== $preset"
	if ! { cmake --preset "$preset" >/dev/null && cmake --build "build/$preset" >/dev/null; }; then
		cmake --build "build/$preset" || true
		failed+=("$preset (build)")
		return
	fi
	# What measures time or wants the machine for itself is alone all the same (RUN_SERIAL).
	ctest --test-dir "build/$preset" --output-on-failure -j2 "$@" || failed+=("$preset")
}

if [ $# -gt 0 ]; then
	for preset in "$@"; do
		run "$preset"
	done
else
	run dev
	run clang -L unit
	run asan -L 'unit|integration' -LE integration.user -E 'own_time|tsuku_replay|hung|second_look_time'
	run minimal -L 'unit|integration' -LE integration.user -R 'unit|lifecycle|installed|varlink|units'
fi
if [ ${#failed[@]} -gt 0 ]; then
	echo "failed: ${failed[*]}"
	exit 1
fi
echo 'all presets passed'
