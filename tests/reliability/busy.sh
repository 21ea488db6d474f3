#!/bin/bash
# SPDX-License-Identifier: MIT
# The whole of tests/run.sh on a busy machine: beside eight processes that spin and two that write to disk.
#   tests/reliability/busy.sh              three times
#   tests/reliability/busy.sh TIMES PRESET...   so many times, of these presets
# Two processors take an hour for each time. Logs are in build/busy, one for each time; those of the same
# commit that passed are not run again, so that a run that was stopped goes on.
set -euo pipefail
cd "$(dirname "$0")/../.."

times=${1:-3}
[ $# -eq 0 ] || shift
logs=build/busy/$(git describe --always --dirty)
mkdir -p "$logs"
scratch=$(mktemp -d)

# As from another terminal: a session of its own, so that it can be ended as a whole.
# shellcheck disable=SC2016
setsid bash -c '
	for _ in 1 2 3 4 5 6 7 8; do
		(while :; do :; done) &
	done
	for name in one two; do
		(while :; do dd if=/dev/zero of="$0/$name" bs=1M count=256 conv=fsync status=none; done) &
	done
	wait' "$scratch" &
hogs=$!
trap 'kill -- -"$hogs" 2>/dev/null || true; rm -rf "$scratch"' EXIT

failed=0
for ((number = 1; number <= times; number++)); do
	log=$logs/$number.log
	if [ -e "$log" ] && grep -q '^all presets passed$' "$log"; then
		echo "$number: passed before"
		continue
	fi
	start=$SECONDS
	status=passed
	tests/run.sh "$@" >"$log" 2>&1 || status=failed
	[ $status = passed ] || failed=$((failed + 1))
	echo "$number: $status in $((SECONDS - start)) s ($log)"
	grep -E '^[0-9]+% tests passed|\*\*\*Failed|^failed:' "$log" || true
done
exit $((failed > 0))
