#!/bin/bash
# SPDX-License-Identifier: MIT
# The rules that keep the rooms apart (docs/ARCHITECTURE.md), and what the programs may be linked
# with.
set -euo pipefail
cd "$(dirname "$0")/.."

status=0
# only PATTERN ALLOWED-FILES WHERE...: files below WHERE with PATTERN must match ALLOWED-FILES
only() {
	local pattern=$1 allowed=$2 found
	shift 2
	found=$(grep -rlE "$pattern" --include='*.[ch]' "$@" | grep -vE "$allowed" || true)
	if [ -n "$found" ]; then
		printf "'%s' is not for %s\n" "$pattern" "$found" >&2
		status=1
	fi
}

# What the build cannot tell: these headers are found by everybody, and dlopen() is in the C library.
only 'cJSON_|cJSON\.h|struct cJSON' '^daemon/wire/' daemon client include
only '<event2/' '^daemon/(confine|looking|finding|loads|schedule|service|lifecycle)/.*\.c$' daemon client include
only '<seccomp\.h>' '^daemon/confine/.*\.c$' daemon client include
only '<systemd/' '^daemon/lifecycle/[a-z]+_systemd\.c$' daemon client include
only '<dlfcn\.h>' '^daemon/(loader/.*|lifecycle/activation_systemd\.c$)' daemon client include
# Of its own loaders the daemon reads whose they are.
only '<link\.h>|<elf\.h>' '^daemon/(elf|loader|standin)/|^daemon/environment/loaders\.c$' daemon client include
only '<jsmn\.h>' '^include/dltest/jsmn\.h$' daemon client include
only '<dltest/jsmn\.h>' '^(client/json/jsonscan|daemon/loader/dlopennote)\.c$' daemon client include
# What Linux alone has: in files of its name, in the rooms that are about nothing else, and in a few
# more, so that it is known what another platform has to replace.
only '#include <(linux/|sys/(prctl|syscall|vfs)\.h|sched\.h)' \
	'_linux\.c$|^daemon/(confine|loader)/|^(daemon/(main|loads/grant)|client/asking/daemonproc)\.c$|^include/dltest/descriptors\.c$' \
	daemon client include
only '#include "(\.\./)+' '^$' daemon client include

# acyclic WHAT OBJECT...: of these, none uses what another defines that uses it, be it around a corner
acyclic() {
	local what=$1
	shift
	nm -A -g "$@" | awk '
		{ file = $1; sub(/:.*/, "", file); sub(/.*\//, "", file); type = $(NF - 1) }
		type == "U" { user[file, $NF] = file; symbol[file, $NF] = $NF; next }
		{ definer[$NF] = file }
		END {
			for (use in user) {
				other = definer[symbol[use]]
				if (other && other != user[use]) print user[use], other
			}
		}' | sort -u >"$edges"
	# There is something to look at.
	if [ ! -s "$edges" ] || ! tsort "$edges" >/dev/null; then
		echo "$what: files that need one another" >&2
		status=1
	fi
}
edges=$(mktemp)
trap 'rm -f "$edges"' EXIT
mapfile -t objects < <(find "$DLTEST_BUILD_DIR/client" -name '*.c.o' ! -path '*_tested.dir/*')
acyclic client "${objects[@]}"
mapfile -t objects < <(find "$DLTEST_BUILD_DIR"/daemon/*/CMakeFiles/dltest_*.dir -name '*.c.o')
acyclic daemon "${objects[@]}"
mapfile -t objects < <(find "$DLTEST_BUILD_DIR/daemon/loader/CMakeFiles/tsuku-dltest-loader.dir" -name '*.c.o')
acyclic loader "${objects[@]}"

# What a room's files include and call is of the room itself or of one that it sees. Most of that the
# build tells, but not of a header that has the name of one of the system's (memory.h), nor of a
# function that a file declares for itself: the programs have all rooms.
declare -A folder_of
while read -r room folder _; do
	folder_of[$room]=$folder
done <"$DLTEST_BUILD_DIR/rooms.txt"
[ "${#folder_of[@]}" -ge 20 ] || { echo "where are the rooms?" >&2; status=1; }
while read -r room folder sees; do
	mapfile -t headers < <(sed -n 's/^#include "\(.*\)"/\1/p' "$folder"/*.[ch] | sort -u)
	for header in "${headers[@]}"; do
		for seen in $room $sees; do
			[ ! -f "${folder_of[$seen]}/$header" ] || continue 2
		done
		echo "$room includes $header, which is of no room that it sees" >&2
		status=1
	done
done <"$DLTEST_BUILD_DIR/rooms.txt"
mapfile -t objects < <(find "$DLTEST_BUILD_DIR"/{daemon,client}/*/CMakeFiles \
	-name '*.c.o' \( -path '*/dltest_*.dir/*' -o -path '*/client_*.dir/*' \) ! -path '*_tested.dir/*')
nm -A -g "${objects[@]}" | awk -v rooms="$DLTEST_BUILD_DIR/rooms.txt" '
	BEGIN {
		while ((getline line <rooms) > 0) {
			count = split(line, words, " ")
			for (i = 3; i <= count; i++) sees[words[1], words[i]] = 1
		}
	}
	# Both programs may have a function of one name.
	{ room = $1; sub(/\.dir\/.*/, "", room); sub(/.*\//, "", room); program = substr(room, 1, 6) }
	$(NF - 1) == "U" { used[room, $NF] = program; next }
	{ definer[program, $NF] = room }
	END {
		for (use in used) {
			split(use, part, SUBSEP)
			other = definer[used[use], part[2]]
			if (other && other != part[1] && !((part[1], other) in sees)) {
				print part[1] " uses " part[2] "() of " other ", which it does not see"
				bad = 1
			}
		}
		exit bad
	}' >&2 || status=1

needed() {
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}
extra=$(needed "$DLTEST_LOADER" | grep -vE '^(libc\.so\.6|libc\.musl.*|ld-linux.*|ld-musl.*)$' || true)
if [ -n "$extra" ]; then
	echo "the loader links more than the C library: $extra" >&2
	status=1
fi
if readelf -d "$DLTEST_LOADER" | grep -E 'RPATH|RUNPATH'; then
	echo "the loader has a search path" >&2
	status=1
fi
exported=$(nm -D --defined-only "$DLTEST_LOADER" | grep -vE ' (_IO_stdin_used|__bss_start|_edata|_end)$' || true)
if [ -n "$exported" ]; then
	echo "the loader exports: $exported" >&2
	status=1
fi
if readelf -lW "$DLTEST_LOADER" | grep 'GNU_STACK' | grep -q 'RWE'; then
	echo "the loader's stack is executable" >&2
	status=1
fi
client_libc=$(sed -n 's/^DLTEST_CLIENT_LIBC_CHOSEN:INTERNAL=//p' "$DLTEST_BUILD_DIR/CMakeCache.txt")
if [ "$client_libc" != shared ]; then
	if [ -n "$(needed "$DLTEST_CLIENT")" ] ||
		readelf -lW "$DLTEST_CLIENT" | grep -E '^ +INTERP '; then
		echo "the client is not linked statically" >&2
		status=1
	fi
fi
case $client_libc in
musl)
	# Anywhere in memory, and without relocations of its code.
	if ! readelf -hW "$DLTEST_CLIENT" | grep -qE 'Type: +DYN' ||
		readelf -dW "$DLTEST_CLIENT" | grep TEXTREL; then
		echo "the client is not position-independent" >&2
		status=1
	fi
	# glibc's startup files leave this note.
	if readelf -nW "$DLTEST_CLIENT" | grep NT_GNU_ABI_TAG; then
		echo "the client was to be linked with musl" >&2
		status=1
	fi
	;;
static | shared) ;;
*)
	echo "what is the client linked with? '$client_libc'" >&2
	status=1
	;;
esac
if grep -q '^DLTEST_CAN_LINK_MUSL:INTERNAL=$' "$DLTEST_BUILD_DIR/CMakeCache.txt"; then
	echo "musl-gcc is there and cannot link the client: CMakeFiles/CMakeError.log" >&2
	status=1
fi
if readelf -lW "$DLTEST_CLIENT" | grep 'GNU_STACK' | grep -q 'RWE'; then
	echo "the client's stack is executable" >&2
	status=1
fi
if needed "$DLTEST_CLIENT" | grep -E 'event|cjson|systemd|seccomp'; then
	echo "the client links the daemon's libraries" >&2
	status=1
fi

# Each header compiles alone, with the rooms of its program.
for header in include/dltest/*.h daemon/*/*.h client/*/*.h; do
	case $header in
	client/*) rooms=(client/*/) ;;
	daemon/loader/*) rooms=(daemon/loader daemon/abi daemon/elf) ;;
	*) rooms=(daemon/[!l]*/ daemon/lifecycle daemon/loads) ;; # not the loader
	esac
	echo "#include \"$header\"" | "${CC:-cc}" -std=c11 -D_GNU_SOURCE -fsyntax-only -Wall -Werror \
		-I. -Iinclude "${rooms[@]/#/-I}" -x c - || status=1
done
exit $status
