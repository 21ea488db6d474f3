#!/bin/bash
# SPDX-License-Identifier: MIT
# package.sh deb|rpm: the package of dist/ (packaging/build-deb.sh, build-rpm.sh --next) in a clean bookworm, as root:
# installed, used, upgraded under a running daemon, removed. For the rpm, bookworm's rpm has a database of its own, and what
# the package needs comes from Debian's packages. DLTEST_MACHINES_DIR is where bookworm is kept (build/machines), as it
# was: what is done is done in a layer above it.
set -euo pipefail
cd "$(dirname "$0")/../.."
format=${1-}
work=$(realpath -m "${DLTEST_MACHINES_DIR:-build/machines}")
dist=${DLTEST_DIST_DIR:-dist}
root=$work/bookworm
layer=$(mktemp -d)
trap 'rm -rf "$layer"' EXIT
mkdir -p "$work" "$layer/inputs" "$layer/tree"
packaging/install-dependencies.sh machines

case $format in
deb)
	cp "$(find "$dist" -name 'tsuku-dltestd_*.deb' | sort | tail -1)" "$layer/inputs/first.deb"
	# The same as a later version.
	dpkg-deb -R "$layer/inputs/first.deb" "$layer/next"
	sed -i 's/^Version: .*/&+next/' "$layer/next/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$layer/next" "$layer/inputs/second.deb" >/dev/null
	;;
rpm)
	for number in first second; do
		cp "$(find "$dist" -name "tsuku-dltestd-[0-9]*.rpm" "$([ $number = first ] && echo ! || echo -a)" \
			-name '*.next.*' | sort | tail -1)" "$layer/inputs/$number.rpm"
	done
	;;
*)
	echo "usage: $0 deb|rpm" >&2
	exit 2
	;;
esac
if [ ! -e "$root/usr/bin/apt-get" ]; then
	debootstrap --variant=minbase bookworm "$root.new" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >&2
	mv "$root.new" "$root"
fi

cat >"$layer/inputs/try.sh" <<'TRY'
#!/bin/bash
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive TSUKU_HOME=/root/.tsuku
format=$1
mount -t proc proc /proc
say() { echo "ok $*"; }
get() { apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
library=$(find /usr/lib /lib -name 'libz.so.1' | head -n 1)

# install FILE, upgrade FILE, remove_it: as the format has it.
install_deb() { get "$1"; }
upgrade_deb() { dpkg -i "$1" >/dev/null; }
remove_deb() { apt-get remove -y -qq tsuku-dltestd >/dev/null && hash -r && ! command -v tsuku-dltest >/dev/null &&
	apt-get purge -y -qq tsuku-dltestd >/dev/null; }
run_rpm() { rpm --force-debian --nodeps --dbpath /var/lib/rpm "$@"; }
install_rpm() { get rpm libevent-core-2.1-7 libcjson1 libseccomp2 && run_rpm --install "$1"; }
upgrade_rpm() { run_rpm --upgrade "$1" && run_rpm --verify tsuku-dltestd; }
remove_rpm() { run_rpm --erase tsuku-dltestd && hash -r && ! command -v tsuku-dltest >/dev/null; }

apt-get update -qq
"install_$format" "/inputs/first.$format"
say installed
mkdir -p $TSUKU_HOME/libs
[[ $(tsuku-dltest "$library") == *'"ok":true'* ]] && say used
tsuku-dltestd --check | grep -q 'The sandbox holds' && say the sandbox holds
[ -e /usr/lib/systemd/user/tsuku-dltestd.socket ]
[ -z "$(find /etc/systemd/user -name 'tsuku-dltestd*' 2>/dev/null)" ] && say units are enabled for nobody
[ -n "$(find /usr/share/doc/tsuku-dltestd /usr/share/licenses/tsuku-dltestd \( -name copyright -o -name LICENSE \) 2>/dev/null)" ] &&
	say the licence
if [ -n "$(find /usr/lib*/tsuku-dltestd -name tsuku-dltest-loader-musl)" ]; then
	[[ $(tsuku-dltest --details --libc musl "$library" || true) == *'does not have the C library'* ]] && say no musl yet
	get musl
	[[ $(tsuku-dltest --libc musl "$library" || true) == *'"platform":"glibc"'* ]] && say musl, by the daemon that runs
fi

tsuku-dltest "$library" >/dev/null
before=$(tsuku-dltest --status)
"upgrade_$format" "/inputs/second.$format"
say upgraded under a running daemon
[[ $(tsuku-dltest --fresh "$library") == *'"ok":true'* ]] && say used after that
sleep 6
[[ $(tsuku-dltest --fresh "$library") == *'"ok":true'* ]] && say and when the old one has ended
after=$(tsuku-dltest --status)
[ "$(grep -o '"pid":[0-9]*' <<<"$before")" != "$(grep -o '"pid":[0-9]*' <<<"$after")" ] && say by another daemon
tsuku-dltest --stop

"remove_$format"
say removed
rest=$(find / -xdev -name '*dltest*' ! -path '/root/*' ! -path '/inputs/*' ! -path '/proc/*' 2>/dev/null)
[ -z "$rest" ] && say nothing is left || echo "left: $rest"
echo "done"
TRY
chmod 755 "$layer/inputs/try.sh"
# A layer is no directory of a disk's file system, of which there can be a further one above.
# shellcheck disable=SC2016 # its own variables
out=$(unshare --mount --pid --fork --propagation private bash -c '
	set -e
	mount -t tmpfs layer "$2/tree"
	mkdir "$2/tree"/{upper,work,root}
	mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/tree/upper,workdir=$2/tree/work" "$2/tree/root"
	cp -r "$2/inputs" "$2/tree/root/inputs"
	cp /etc/resolv.conf /etc/hosts "$2/tree/root/etc/" 2>/dev/null || true
	mount --rbind /dev "$2/tree/root/dev"
	exec chroot "$2/tree/root" /inputs/try.sh "$3"' - "$root" "$layer" "$format" 2>&1) || true
echo "$out"
wanted=$([ "$format" = deb ] && echo 13 || echo 11)
[ "$(tail -1 <<<"$out")" = "done" ] && [ "$(grep -c '^ok' <<<"$out")" -ge "$wanted" ] && echo "the $format passed"
