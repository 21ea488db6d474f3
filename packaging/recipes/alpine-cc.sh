#!/bin/sh
# SPDX-License-Identifier: MIT
# Stands in for Alpine's gcc, whose programs are musl's: Debian's by musl-gcc's specs, with the kernel's headers, and with
# ALPINE_CC_STATIC_PIE, cmake/static-pie.specs.in made for it, since musl-gcc does not know static programs that can be
# anywhere in memory.
case " $* " in
*' -static-pie '*) static=$ALPINE_CC_STATIC_PIE ;;
*likeness_linux.c*) set -- "$@" -include "${0%/*}/statx.h" ;;
esac
exec gcc "$@" -specs "$(sed -n 's/.*"\(.*musl-gcc\.specs\)".*/\1/p' "$(command -v musl-gcc)")" ${static:+-specs "$static"} \
	-idirafter "/usr/include/$(gcc -print-multiarch)" -idirafter /usr/include
