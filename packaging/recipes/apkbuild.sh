#!/bin/sh
# SPDX-License-Identifier: MIT
# Stands in for Alpine's abuild, and wants its shell: busybox sh apkbuild.sh APKBUILD check | make
#   check    what abuild's validate demands, and some more; complaints go to stdout
#   make     build, check and package, with srcdir and pkgdir from the environment
# shellcheck disable=SC1090,SC2154 # the APKBUILD is what this is about, and sets these
set -eu
. "$1"

complain() {
	echo "$*"
	bad=1
}

# file_of SOURCE: the name that it is kept under.
file_of() {
	name=${1%%::*}
	echo "${name##*/}"
}

check_fields() {
	for field in pkgname pkgver pkgrel pkgdesc url arch license source; do
		eval "[ -n \"\${$field-}\" ]" || complain "$field is missing"
	done
	echo "$pkgname" | grep -qE '^[a-z0-9][a-z0-9+._-]*$' || complain "'$pkgname' is no name"
	echo "$pkgver" | grep -qE '^[0-9]+(\.[0-9]+)*[a-z]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*$' ||
		complain "'$pkgver' is no version"
	echo "$pkgrel" | grep -qE '^[0-9]+$' || complain "'$pkgrel' is no release"
	[ ${#pkgdesc} -le 128 ] || complain 'pkgdesc has more than 128 characters'
	for cpu in $arch; do
		case $cpu in
		x86_64 | aarch64) ;;
		*) complain "there is nothing for $cpu" ;;
		esac
	done
	[ "$(grep -cE '^# Maintainer: .+ <.+@.+>$' "$1")" -eq 1 ] || complain 'a maintainer, and one, is to be named'
	for function in build check package; do
		type "$function" >/dev/null 2>&1 || complain "$function() is missing"
	done
	for package in $subpackages; do
		case $package in
		"$pkgname"-doc | "$pkgname"-systemd | "$pkgname"-bash-completion | "$pkgname"-zsh-completion | \
			"$pkgname"-fish-completion) ;;
		*) complain "abuild has no function of its own for $package" ;;
		esac
	done
}

# Of all sources but the release's, while there is none.
check_sums() {
	for from in $source; do
		file=$(file_of "$from")
		case $file in
		v[0-9]* | [0-9]*) complain "$file says not what it is of" ;;
		esac
		echo "$sha512sums" | grep -qE "^[0-9a-f]{128}  $file\$" || [ "$file" = "$pkgname-$pkgver.tar.gz" ] ||
			complain "$file has no checksum"
	done
	for file in $(echo "$sha512sums" | awk 'NF { print $2 }'); do
		echo "$source" | grep -q "$file::" || complain "$file is no source"
	done
}

bad=0
case $2 in
check)
	check_fields "$1"
	check_sums
	;;
make)
	mkdir -p "$pkgdir"
	for step in build check package; do
		echo "== $step"
		cd "$srcdir/$pkgname-$pkgver"
		"$step"
	done
	;;
esac
exit $bad
