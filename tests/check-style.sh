#!/bin/bash
# SPDX-License-Identifier: MIT
# The house style as far as a program can tell it.
set -euo pipefail
cd "$(dirname "$0")/.."

# The most lines that a file, a function, and the median of all functions may have.
file_max=450
function_max=50
function_median_max=10

status=0
complain() {
	echo "$@" >&2
	status=1
}

mapfile -t sources < <(find daemon client docs include tests -name '*.[ch]' | sort)
mapfile -t scripts < <(find .ci client daemon docs packaging tests units -type f \
	-exec awk 'FNR == 1 && /^#!.*sh$/ { print FILENAME } { nextfile }' {} + | sort)
mapfile -t python < <(find docs tests -name venv -prune -o -name '*.py' -print | sort)

format=$(command -v clang-format-14 || command -v clang-format) || {
	echo "no clang-format" >&2
	exit 1
}
"$format" --dry-run -Werror "${sources[@]}" || status=1
[ ${#scripts[@]} -ge 10 ] || complain "where are the scripts?"
shellcheck -e SC1091 "${scripts[@]}" || status=1

for file in "${sources[@]}" "${scripts[@]}" "${python[@]}"; do
	head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT' || complain "$file: no SPDX line"
	! grep -nE '[[:blank:]]+$' "$file" || complain "$file: blanks at the end of a line"
	lines=$(wc -l <"$file")
	[ "$lines" -le "$file_max" ] || complain "$file: $lines lines, $file_max are the limit"
done
for file in "${sources[@]}"; do
	! grep -nE '^#ifndef .*_H_?$' "$file" || complain "$file: #pragma once is the house's guard"
done

# Of each function its lines, file and name.
functions=$(ctags --languages=C --kinds-C=f --fields=ne -f - "${sources[@]}" | awk -F'\t' '
	/^!/ { next }
	{
		first = last = 0
		for (i = 4; i <= NF; i++) {
			if ($i ~ /^line:/) first = substr($i, 6)
			if ($i ~ /^end:/) last = substr($i, 5)
		}
		print last - first + 1, $2, $1
	}' | sort -n)
while read -r lines file name; do
	complain "$file: $name() has $lines lines, $function_max are the limit"
done < <(awk -v max="$function_max" '$1 > max' <<<"$functions")
median=$(awk '{ lines[NR] = $1 } END { print lines[int((NR + 1) / 2)] }' <<<"$functions")
[ "$median" -le "$function_median_max" ] ||
	complain "half of all functions have $median lines or more, $function_median_max are the limit"

# Every function in a public header has a comment right before its prototype, or shares one with
# its neighbours.
for header in include/dltest/*.h; do
	awk -v file="$header" '
		/^(static inline )?[a-z_].*\(.*/ && !/^typedef|^#|^\t|CLEANUP|^extern|_p\(/ {
			if (!commented) { print file ":" FNR ": no comment before: " $0; bad = 1 }
		}
		/\*\/$/ { commented = 1; next }
		/^$/ { if (!in_block) commented = 0 }
		END { exit bad }' "$header" || status=1
done
if command -v mandoc >/dev/null && compgen -G 'docs/*.[17]' >/dev/null; then
	mandoc -T lint -W warning docs/*.[17] || status=1
fi
exit $status
