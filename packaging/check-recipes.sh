#!/bin/bash
# SPDX-License-Identifier: MIT
# check-recipes.sh [--build] [rpm | alpine | arch | nix | homebrew]...
# Looks at the recipes for distributions, with what Debian 12 has, and says ok, or what is wrong, of each. --build makes
# of each what it makes, with this system's compiler and libraries, or Debian's musl for Alpine's. What stands in for the
# distributions' own tools is in packaging/recipes/.
# Environment: DLTEST_ARCHIVES_DIR, where build-archives.sh keeps what it fetched (build/archives).
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD
stand_ins=$source/packaging/recipes

build=
recipes=()
for word in "$@"; do
	case $word in
	--build) build=1 ;;
	rpm | alpine | arch | nix | homebrew) recipes+=("$word") ;;
	*)
		echo "usage: $0 [--build] [rpm | alpine | arch | nix | homebrew]..." >&2
		exit 2
		;;
	esac
done
[ ${#recipes[@]} -gt 0 ] || recipes=(rpm alpine arch nix homebrew)

packaging/install-dependencies.sh build
packaging/install-dependencies.sh recipes
version=$(sed -n 's/^project(.* VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
name=tsuku-dltestd-$version
fetched=
if [ -n "$build" ]; then
	packaging/install-dependencies.sh archives
	fetched=$(realpath -m "${DLTEST_ARCHIVES_DIR:-build/archives}")/bundled
	packaging/bundled/fetch.sh "$fetched"
fi
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
chmod 711 "$work"

# What git has or would take, as if it had been released: a repository with the tag, in a directory with its name.
mkdir "$work/$name"
git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- |
	tar --extract --directory="$work/$name"
git -C "$work/$name" init --quiet --initial-branch=main
git -C "$work/$name" add --all
git -C "$work/$name" -c user.name=recipes -c user.email=recipes@localhost commit --quiet --message=.
git -C "$work/$name" tag "v$version"

exec 3>&1
ok() {
	echo "ok $*" >&3
}
wrong() {
	echo "$*" >&2
	return 1
}

# What holds for all: the project's version, and no option that is none.
check_words() {
	local recipe=$1 option
	grep -qE "(^| )\"?(pkgver=|[Vv]ersion(:| =) *\"?|tag: \"v)$version\b" "$recipe" || wrong "$recipe: not version $version"
	while read -r option; do
		grep -rqE --include=CMakeLists.txt --include='*.cmake' "(set|option)\\($option " CMakeLists.txt cmake client daemon \
			packaging/completions units || wrong "$recipe: there is no option $option"
	done < <(grep -oE 'DLTEST_[A-Z_]+' "$recipe" | sort -u)
}

# check_made PREFIX LIBEXEC UNITS STANDIN: what was installed there is all there is to be, and as it is to be.
check_made() {
	local prefix=$1 libexec=$1/$2 units=$1/$3 standin=$4 file needed
	for file in bin/tsuku-dltest bin/tsuku-dltestd "$2"/tsuku-dltest-{loader,standin.so} \
		"$3"/tsuku-dltestd{,@}.{socket,service} share/varlink/dev.tsuku.DlTest.varlink \
		share/bash-completion/completions/tsuku-dltest{,d} share/zsh/site-functions/_tsuku-dltest{,d} \
		share/fish/vendor_completions.d/tsuku-dltest{,d}.fish; do
		[ -s "$prefix/$file" ] || wrong "$file is not there"
	done
	for file in man1/tsuku-dltest.1 man1/tsuku-dltestd.1 man7/dev.tsuku.DlTest.7; do
		[ -s "$prefix/share/man/$file" ] || [ -s "$prefix/share/man/$file.gz" ] || wrong "$file is not there"
	done
	cmp "$standin" "$libexec/tsuku-dltest-standin.so"
	[ -z "$(find "$prefix" -name '*.wants')" ] || wrong 'a unit is enabled'
	grep -q '^ExecStart=.*/bin/tsuku-dltestd' "$units/tsuku-dltestd.service" || wrong 'the unit names no daemon'
	needed=$(readelf -dW "$libexec/tsuku-dltest-loader" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
		grep -vE '^(libc\.so(\.6)?|ld-linux.*)$' || true)
	[ -z "$needed" ] || wrong "the loader needs $needed"
	! readelf -dW "$libexec/tsuku-dltest-loader" | grep -E 'RPATH|RUNPATH' || wrong 'the loader has a search path'
}

check_rpm() {
	local spec=packaging/rpm/tsuku-dltestd.spec
	check_words "$spec"
	rpmlint --strict --config "$stand_ins/rpmlint.toml" "$spec"
	[ -n "$build" ] || {
		ok 'rpm: rpmlint has nothing to say of the spec'
		return
	}
	local top=$work/rpm package
	mkdir -p "$top"/SOURCES "$top"/root
	tar --create --gzip --file="$top/SOURCES/$name.tar.gz" --exclude=.git --directory="$work" "$name"
	rpmbuild -bb --noclean --nodeps --load=packaging/rpm/macros.fedora --define "_topdir $top" "$spec"
	package=$(echo "$top"/RPMS/*/tsuku-dltestd-"$version"-*.rpm)
	rpmlint --strict --config "$stand_ins/rpmlint.toml" "$spec" "$package"
	rpm2cpio "$package" | (cd "$top/root" && cpio --extract --make-directories --quiet)
	check_made "$top/root/usr" libexec/tsuku-dltestd lib/systemd/user \
		"$top/BUILD/$name/redhat-linux-build/bin/tsuku-dltest-standin.so"
	ok "rpm: rpmbuild makes ${package##*/}, with all files, and rpmlint has nothing to say of it and of the spec"
}

check_alpine() {
	local recipe=packaging/alpine/APKBUILD
	check_words "$recipe"
	# Its variables are abuild's and for abuild.
	shellcheck --shell=dash --exclude=SC2034,SC2154 "$recipe"
	busybox sh "$stand_ins/apkbuild.sh" "$source/$recipe" check
	[ -n "$build" ] || {
		ok 'alpine: shellcheck, and the fields as abuild wants them'
		return
	}
	local top=$work/alpine libexec
	mkdir -p "$top/src" "$top/bin"
	cp -r "$work/$name" "$top/src/"
	tar --extract --directory="$top/src" --file="$(echo "$fetched"/downloads/jsmn_*.orig.tar.gz)"
	sed "s|@MUSL_LIBDIR@|$(dirname "$(sed -n 's/.*"\(.*musl-gcc\.specs\)".*/\1/p' "$(command -v musl-gcc)")")|g" \
		cmake/static-pie.specs.in >"$top/static-pie.specs"
	# Of Debian's libraries none is musl's, and its gcc's unwinder asks glibc.
	cat >"$top/bin/cmake" <<-CMAKE
		#!/bin/sh
		case \$1 in
		--build | --install) exec $(command -v cmake) "\$@" ;;
		esac
		exec $(command -v cmake) "\$@" -DDLTEST_BUNDLED='$fetched' -DDLTEST_UNWINDER_SOURCES=findobject_musl.c
	CMAKE
	chmod +x "$top/bin/cmake"
	env PATH="$top/bin:$PATH" CC="$stand_ins/alpine-cc.sh" ALPINE_CC_STATIC_PIE="$top/static-pie.specs" \
		CFLAGS='-Os -fstack-clash-protection -Wformat -Werror=format-security' \
		LDFLAGS='-Wl,--as-needed,-O1,--sort-common' srcdir="$top/src" pkgdir="$top/pkg" \
		busybox sh "$stand_ins/apkbuild.sh" "$source/$recipe" make
	libexec=libexec/tsuku-dltestd
	check_made "$top/pkg/usr" "$libexec" lib/systemd/user "$top/src/$name/build/bin/tsuku-dltest-standin.so"
	readelf -lW "$top/pkg/usr/$libexec/tsuku-dltest-loader" | grep 'interpreter: /lib/ld-musl-' ||
		wrong "the loader is not musl's"
	! readelf -lW "$top/pkg/usr/bin/tsuku-dltest" | grep INTERP || wrong 'the client is not static'
	ok 'alpine: shellcheck, the fields as abuild wants them, and its functions make all files, with musl'
}

# As an ordinary user, since makepkg refuses root; and with no pacman, of which it asks what is installed.
run_makepkg() {
	local run=()
	[ "$(id -u)" -ne 0 ] || run=(runuser -u nobody --)
	(
		cd "$work/arch/start"
		"${run[@]}" env HOME="$work/arch" PACMAN=true GIT_CONFIG_COUNT=1 \
			GIT_CONFIG_KEY_0="url.file://$work/arch/source.git.insteadOf" \
			GIT_CONFIG_VALUE_0=https://github.com/tsukumogami/tsuku-dltestd.git \
			makepkg --config "$stand_ins/makepkg.conf" --nodeps "$@"
	)
}

check_arch() {
	local recipe=packaging/arch/PKGBUILD top=$work/arch package
	check_words "$recipe"
	# Its variables are makepkg's and for makepkg.
	shellcheck --shell=bash --exclude=SC2034,SC2154 "$recipe"
	mkdir -p "$top/start"
	cp "$recipe" "$top/start/"
	[ -z "$build" ] || cp "$fetched"/downloads/jsmn_1.1.0.orig.tar.gz "$top/start/jsmn-1.1.0.tar.gz"
	git clone --quiet --bare "$work/$name" "$top/source.git"
	[ "$(id -u)" -ne 0 ] || chown -R nobody "$top"
	run_makepkg --printsrcinfo
	[ -n "$build" ] || {
		ok 'arch: shellcheck, and makepkg reads it'
		return
	}
	run_makepkg
	package=$(echo "$top"/start/tsuku-dltestd-"$version"-*.pkg.tar.gz)
	mkdir "$top/root"
	tar --extract --directory="$top/root" --file="$package"
	check_made "$top/root/usr" lib/tsuku-dltestd lib/systemd/user "$top/start/src/build/bin/tsuku-dltest-standin.so"
	[ -s "$top/root/usr/lib/tsuku-dltestd/tsuku-dltest-loader-musl" ] || wrong 'there is no loader for musl'
	ok "arch: shellcheck, and makepkg makes ${package##*/}, with all files"
}

check_nix() {
	local top=$work/nix flake
	flake="git+file://$work/$name?dir=packaging/nix#packages.$(uname -m)-linux.default"
	check_words packaging/nix/package.nix
	mkdir -p "$top/conf"
	printf '%s\n' 'build-users-group =' 'experimental-features = nix-command flakes' 'sandbox = false' >"$top/conf/nix.conf"
	export HOME=$top NIX_STORE_DIR=$top/store NIX_STATE_DIR=$top/state NIX_LOG_DIR=$top/log NIX_CONF_DIR=$top/conf
	export RECIPES_FETCHED=$fetched
	nix-instantiate --parse packaging/nix/*.nix >/dev/null
	local stand_in=(--no-write-lock-file --override-input nixpkgs "path:$stand_ins/nixpkgs")
	nix eval "${stand_in[@]}" "$flake.drvPath"
	[ -n "$build" ] || {
		ok 'nix: parsed, and evaluated with a stand-in for nixpkgs'
		return
	}
	nix build --impure "${stand_in[@]}" --cores "${CMAKE_BUILD_PARALLEL_LEVEL:-0}" --print-build-logs \
		--out-link "$top/result" "$flake"
	check_made "$top/result" libexec lib/systemd/user "$top/result/libexec/tsuku-dltest-standin.so"
	ok 'nix: parsed, evaluated with a stand-in for nixpkgs, and that makes all files'
}

check_homebrew() {
	local recipe=packaging/homebrew/tsuku-dltest.rb top=$work/homebrew
	check_words "$recipe"
	ruby -wc "$recipe"
	rubocop --config "$stand_ins/rubocop.yml" --cache false "$recipe" "$stand_ins/formula.rb"
	mkdir "$top"
	cp -r "$work/$name" "$top/"
	(cd "$top/$name" && ruby "$stand_ins/formula.rb" "$source/$recipe" "$top/prefix" "${build:+build}")
	[ -n "$build" ] || {
		ok 'homebrew: ruby, rubocop, and its cmake configures'
		return
	}
	check_made "$top/prefix" libexec lib/systemd/user "$top/$name/build/bin/tsuku-dltest-standin.so"
	ok 'homebrew: ruby, rubocop, and its install makes all files, which pass its test'
}

status=0
for recipe in "${recipes[@]}"; do
	# Not as a condition, which would have it go on after an error.
	set +e
	(
		set -e
		case $recipe in
		rpm) check_rpm ;;
		alpine) check_alpine ;;
		arch) check_arch ;;
		nix) check_nix ;;
		homebrew) check_homebrew ;;
		esac
	) >"$work/$recipe.log" 2>&1
	result=$?
	set -e
	[ $result -eq 0 ] || {
		tail -n 60 "$work/$recipe.log" | cut -c1-300
		echo "WRONG $recipe"
		status=1
	}
done
exit $status
