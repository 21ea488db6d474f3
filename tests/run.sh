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
processors=$(nproc)
# Most tests wait for something; two for each processor leave it little time to idle.
at_once=$((processors * 2))
failed=()
declare -A begun

# build PRESET [TARGET...]: these targets, or all, without a word unless it fails.
build() {
	local preset=$1 log=build/$1.log
	shift
	mkdir -p build
	{ cmake --preset "$preset" && cmake --build "build/$preset" --target "${@:-all}"; } >"$log" 2>&1 || {
		cat "$log"
		return 1
	}
}

# run PRESET CTEST-ARGUMENT...: what can be beside other tests. A test of a label that -LE names, too, is
# left out only by one expression for both.
run() {
	local preset=$1
	shift
	echo "== $preset"
	ctest --test-dir "build/$preset" --output-on-failure -j"$at_once" "$@"
}

# run_timed PRESET CTEST-ARGUMENT...: what judges times, when nothing else runs any more.
run_timed() {
	local preset=$1
	shift
	echo "== $preset, what judges times"
	ctest --test-dir "build/$preset" --output-on-failure -L '^timed$' "$@"
}

# note NAME COMMAND...: and remembers NAME if it fails.
note() {
	local name=$1
	shift
	"$@" || failed+=("$name")
}

# begin PRESET CTEST-ARGUMENT...: run, beside what comes next, and without a word so far.
begin() {
	run "$@" >"build/$1.tests" 2>&1 &
	begun[$1]=$!
}

# finish PRESET: waits for what was begun, and says how it went.
finish() {
	local status=0
	wait "${begun[$1]}" || status=$?
	cat "build/$1.tests"
	return $status
}

if [ $# -gt 0 ]; then
	for preset in "$@"; do
		if build "$preset"; then
			note "$preset" run "$preset" -LE '^timed$'
			note "$preset (timed)" run_timed "$preset"
		else
			failed+=("$preset (build)")
		fi
	done
else
	declare -A built
	build dev && built[dev]=yes
	# The other presets are built while dev's tests wait, and of them what is tested.
	(
		renice -n 10 "$BASHPID" >/dev/null
		status=0
		build asan unit_tests integration_tests || status=$((status | 1))
		build minimal integration_tests unit_inherited unit_options || status=$((status | 2))
		build clang unit_tests || status=$((status | 4))
		exit $status
	) &
	builds=$!
	tests/ship.sh >build/ship.tests 2>&1 &
	begun[ship]=$!
	[ -z "${built[dev]-}" ] || note dev run dev -LE '^timed$'
	status=0
	wait "$builds" || status=$?
	[ $((status & 1)) != 0 ] || built[asan]=yes
	[ $((status & 2)) != 0 ] || built[minimal]=yes
	[ $((status & 4)) != 0 ] || built[clang]=yes
	# All that the minimal one does without is a file of the room 'lifecycle'.
	[ -z "${built[minimal]-}" ] || begin minimal -L 'unit|integration' \
		-LE '^timed$|^integration.user$' -R 'unit.(inherited|options)$|integration.(lifecycle|installed|varlink|units)'
	[ -z "${built[clang]-}" ] || begin clang -L unit
	[ -z "${built[asan]-}" ] || note asan run asan -L 'unit|integration' \
		-LE '^timed$|^integration.user$' -E 'own_time|tsuku_replay|hung|second_look_time|client_ends|installed|corpus'
	[ -z "${built[minimal]-}" ] || note minimal finish minimal
	[ -z "${built[clang]-}" ] || note clang finish clang
	note 'what is shipped' finish ship
	[ -z "${built[dev]-}" ] || note 'dev (timed)' run_timed dev
	[ -z "${built[asan]-}" ] || note 'asan (timed)' run_timed asan -LE integration.user -R 'soft_needs'
	for preset in dev clang asan minimal; do
		[ -n "${built[$preset]-}" ] || failed+=("$preset (build)")
	done
fi
if [ ${#failed[@]} -gt 0 ]; then
	echo "failed: ${failed[*]}"
	exit 1
fi
echo 'all presets passed'
