#!/bin/bash
# SPDX-License-Identifier: MIT
# The whole of tests/run.sh on a busy machine: beside eight processes that spin and two that write to disk.
#   tests/reliability/busy.sh              three times
#   tests/reliability/busy.sh TIMES PRESET...   so many times, of these presets
# Two processors take an hour for each time. Logs are in build/busy, one for each time; those of the same
# commit that passed are not run again, so that a run that was stopped goes on.
# What other shells call:
# shellcheck disable=SC2317
set -euo pipefail
cd "$(dirname "$0")/../.."

times=${1:-3}
[ $# -eq 0 ] || shift
logs=build/busy/$(git describe --always --dirty)
mkdir -p "$logs"
scratch=$(mktemp -d)

# They end with the directory. As from another terminal: in a session of their own.
spin() {
	while [ -d "$scratch" ]; do
		for ((i = 0; i < 100000; i++)); do :; done
	done
}

write() {
	while [ -d "$scratch" ]; do
		dd if=/dev/zero of="$scratch/$1" bs=1M count=256 conv=fsync status=none 2>/dev/null || true
	done
}
export scratch
export -f spin write
for _ in 1 2 3 4 5 6 7 8; do
	echo spin
done | setsid xargs -P 0 -I {} bash -c {} &
printf 'write %s\n' one two | setsid xargs -P 0 -I {} bash -c {} &
trap 'rm -rf "$scratch"; wait' EXIT

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
