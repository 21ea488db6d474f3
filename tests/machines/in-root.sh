#!/bin/sh
# SPDX-License-Identifier: MIT
# in-root.sh: runs in a foreign root or machine, beside the archive in /archive and libraries in /tsuku/libs. Prints a
# line for each thing that was seen, "ok NAME" or "not ok NAME: what came", and "done" at the end. No tool is needed but
# a POSIX shell and grep.
set -u
client=/archive/bin/tsuku-dltest
daemon=/archive/bin/tsuku-dltestd
export TSUKU_HOME=/tsuku LC_ALL=C.UTF-8

# expect NAME PATTERN COMMAND...: the output has the pattern.
expect() {
	name=$1 pattern=$2
	shift 2
	out=$("$@" 2>&1)
	if printf '%s\n' "$out" | grep -q -e "$pattern"; then
		echo "ok $name"
	else
		echo "not ok $name: $(printf '%s' "$out" | tr '\n' ' ')"
	fi
}

# judge LIBRARY PATTERN [OPTION...]: so is the result, if the library is there.
judge() {
	library=$1 pattern=$2
	shift 2
	[ -e "/tsuku/libs/$library" ] || return 0
	expect "$library $*" "$pattern" "$client" --no-daemon --timeout 5 "$@" "/tsuku/libs/$library"
}

expect version 'tsuku-dltest v[0-9]' "$client" --version
# What the kernel has of it is another matter, which the caller knows (SANDBOX).
expect sandbox "${SANDBOX:-The sandbox holds}" "$daemon" --check

if [ -n "${NOPROC-}" ]; then
	judge glibc/ok.so '"reason":"no_verdict"'
	judge glibc/ok.so '/proc is missing'
	expect answered '^\[{"path":' "$client" /tsuku/libs/glibc/ok.so
	echo "done"
	exit
fi
# judge_all LIBC: what there is of either.
judge_all() {
	judge "$1/ok.so" '"ok":true'
	judge "$1/crash.so" '"signal":"SIGSEGV".*"culprit":{"object":"/tsuku/libs/'"$1"'/crash.so"' --details
	judge "$1/missing.so" '"missing":\["libdltest_gone.so"\]'
	judge "$1/undefined.so" '"symbols":\["dltest_nowhere"\]'
	# Whether it is a plugin was looked up, and that is no more than this error.
	judge "$1/undefined.so" '"error":"[^"]*dltest_nowhere[^"(]*"'
	judge "$1/hang.so" '"reason":"timed_out"'
	judge "$1/socket.so" '"exit_status":3.*"refused":\["socket AF_INET"\]'
}
if [ -n "${GLIBC-yes}" ]; then
	judge_all glibc
	judge glibc/newer.so '"reason":"missing_version"'
	judge glibc/ok.so "$([ -n "${MUSL-}" ] && echo '"platform":"glibc"' || echo 'does not have the C library')" --libc musl
else
	judge glibc/ok.so 'is for glibc, which this machine does not have'
fi
if [ -n "${MUSL-}" ]; then
	judge_all musl
else
	judge musl/ok.so 'is for musl, which this machine does not have'
fi

# The user's daemon: started, asked twice, told to end. Who inherited what process 1 has not has none.
if [ -z "${SHARED-yes}" ]; then
	echo "done"
	exit
fi
first=$([ -n "${GLIBC-yes}" ] && echo glibc || echo musl)
expect daemon '"ok":true' "$client" "/tsuku/libs/$first/ok.so"
expect again '"ok":true' "$client" "/tsuku/libs/$first/ok.so"
expect status '"remembered":[1-9]' "$client" --status
"$client" --stop
echo "done"
