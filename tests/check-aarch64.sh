#!/bin/bash
# SPDX-License-Identifier: MIT
# Whether what is compiled for this machine compiles for aarch64, too, with the same warnings: the
# system calls, structures and numbers of the other architecture (unit.sysfilter tests its filter;
# nothing has run there). Debian has its C library's headers (libc6-dev-arm64-cross); those of the other
# libraries say the same for both.
set -euo pipefail
cd "$(dirname "$0")/.."

headers=/usr/aarch64-linux-gnu/include
compiler=$(command -v clang-14 || command -v clang) || {
	echo "no clang" >&2
	exit 1
}
[ -e $headers/stdio.h ] || {
	echo "no headers of aarch64's C library in $headers" >&2
	exit 1
}
# What the build has decided, such as warnings and which platform's files there are, is read from it.
commands=$DLTEST_BUILD_DIR/compile_commands.json
mapfile -t warnings < <(grep -oE -m1 -- ' -W[^"]*' "$commands" | grep -oE -- '-W[a-z][a-z0-9=-]*' | sort -u)
# Each source once, behind the directories that it includes from.
mapfile -t sources < <(awk -F'"' -v ours="^$PWD/(client|daemon|include)/" '
	$2 == "command" {
		directories = ""
		for (n = split($0, word, " "); n > 0; n--)
			if (word[n] ~ /^-I/) directories = word[n] " " directories
	}
	$2 == "file" && $4 ~ ours && !seen[$4]++ { print directories $4 }' "$commands" | sort)
if [ ${#warnings[@]} -lt 10 ] || [ ${#sources[@]} -lt 100 ]; then
	echo "$commands is not understood" >&2
	exit 1
fi

compile() {
	"$compiler" --target=aarch64-linux-gnu -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
		-DDLTEST_VERSION='""' -DDLTEST_LOADER_DIR='""' -nostdlibinc -isystem $headers \
		-idirafter /usr/include -idirafter "/usr/include/$(uname -m)-linux-gnu" \
		"${warnings[@]}" -Werror -fsyntax-only "$@"
}

status=0
if ! echo '#ifndef __aarch64__
#error not aarch64
#endif' | compile -x c -; then
	status=1
fi
for source in "${sources[@]}"; do
	read -ra words <<<"$source"
	compile "${words[@]}" || status=1
done
exit $status
