#!/bin/bash
# SPDX-License-Identifier: MIT
# make-libraries.sh ZIG CPU DIR: a library of each kind for either C library, in DIR/glibc and DIR/musl.
set -euo pipefail
zig=$1 cpu=$2 directory=$3
sources=$(mktemp -d)
trap 'rm -rf "$sources"' EXIT

cat >"$sources/ok.c" <<'C'
#include <stdio.h>
int dltest_ok(void) { return puts(""); }
C
cat >"$sources/crash.c" <<'C'
__attribute__((constructor)) static void crash(void) { *(volatile int *)8 = 1; }
C
cat >"$sources/hang.c" <<'C'
#include <unistd.h>
__attribute__((constructor)) static void hang(void) { for (;;) pause(); }
C
cat >"$sources/socket.c" <<'C'
#include <stdlib.h>
#include <sys/socket.h>
__attribute__((constructor)) static void ask(void) { if (socket(AF_INET, SOCK_STREAM, 0) < 0) exit(3); }
C
cat >"$sources/undefined.c" <<'C'
extern int dltest_nowhere(void);
int dltest_asks(void) { return dltest_nowhere(); }
C
# A function that glibc has since 2.38.
cat >"$sources/newer.c" <<'C'
unsigned long strlcpy(char *target, const char *text, unsigned long size);
unsigned long dltest_copy(char *target, const char *text) { return strlcpy(target, text, 7); }
C

for libc in glibc musl; do
	target=$cpu-linux-$([ $libc = musl ] && echo musl || echo gnu.2.17)
	compile() { "$zig" cc -target "${newer:-$target}" -shared -fPIC -O1 -g0 -s -Wl,-z,undefs "$@"; }
	newer=
	mkdir -p "$directory/$libc"
	for name in ok crash hang socket undefined; do
		compile -o "$directory/$libc/$name.so" "$sources/$name.c"
	done
	compile -Wl,-soname,libdltest_gone.so -o "$sources/libdltest_gone.so" "$sources/ok.c"
	compile -Wl,--no-as-needed -o "$directory/$libc/missing.so" "$sources/crash.c" "$sources/libdltest_gone.so"
done
newer=$cpu-linux-gnu.2.38 compile -o "$directory/glibc/newer.so" "$sources/newer.c"
