#!/bin/bash
# SPDX-License-Identifier: MIT
# What nixpkgs' stdenv does with its hooks for cmake and ninja, as far as packaging/nix knows them.
# shellcheck disable=SC2154 # set by nix
set -euo pipefail
export PATH=/usr/local/bin:/usr/bin:/bin CFLAGS=$NIX_CFLAGS_COMPILE
: "${out:?}"

read -ra flags <<<"$cmakeFlags"
cmake -G Ninja -S "$src" -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$out" \
	-DCMAKE_INSTALL_BINDIR="$out/bin" -DCMAKE_INSTALL_LIBDIR="$out/lib" -DCMAKE_INSTALL_LIBEXECDIR="$out/libexec" \
	-DCMAKE_INSTALL_MANDIR="$out/share/man" -DCMAKE_INSTALL_DOCDIR="$out/share/doc/$pname" "${flags[@]}"
cmake --build build
cmake --install build
eval "$postFixup"
eval "$installCheckPhase"
