#!/bin/bash
# SPDX-License-Identifier: MIT
# deb.sh: the Debian package of dist/ (packaging/build-deb.sh) in a clean bookworm, as root: installed, used, upgraded under
# a running daemon, removed and purged. DLTEST_MACHINES_DIR is where the root is kept (build/machines).
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(realpath -m "${DLTEST_MACHINES_DIR:-build/machines}")
package=$(find "${DLTEST_DIST_DIR:-dist}" -name 'tsuku-dltestd_*.deb' | sort | tail -1)
root=$work/bookworm
mkdir -p "$work"
[ -e "$root/usr/bin/apt-get" ] ||
	debootstrap --variant=minbase bookworm "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >&2
cp /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
cp "$package" "$root/first.deb"

# The same as a later version.
next=$(mktemp -d)
trap 'rm -rf "$next"' EXIT
dpkg-deb -R "$package" "$next/tree"
sed -i 's/^Version: .*/&+next/' "$next/tree/DEBIAN/control"
dpkg-deb --root-owner-group -b "$next/tree" "$root/second.deb" >/dev/null

cat >"$root/try.sh" <<'TRY'
#!/bin/bash
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive TSUKU_HOME=/root/.tsuku
mount -t proc proc /proc
say() { echo "ok $*"; }
library=$(find /usr/lib /lib -name 'libz.so.1' | head -n 1)

apt-get update -qq
apt-get install -y -qq --no-install-recommends /first.deb >/dev/null
say installed
mkdir -p $TSUKU_HOME/libs
[[ $(tsuku-dltest "$library") == *'"ok":true'* ]] && say used
tsuku-dltestd --check | grep -q 'The sandbox holds' && say the sandbox holds
[ -e /usr/lib/systemd/user/tsuku-dltestd.socket ]
[ -z "$(find /etc/systemd/user -name 'tsuku-dltestd*' 2>/dev/null)" ] && say units are enabled for nobody
[ -e /usr/share/man/man1/tsuku-dltest.1.gz ] || [ -e /usr/share/doc/tsuku-dltestd/copyright ] && say documents
[[ $(tsuku-dltest --details --libc musl "$library" || true) == *'does not have the C library'* ]] && say no musl yet
apt-get install -y -qq --no-install-recommends musl >/dev/null
tsuku-dltest --stop
[[ $(tsuku-dltest --libc musl "$library" || true) == *'"platform":"glibc"'* ]] && say musl

tsuku-dltest "$library" >/dev/null
before=$(tsuku-dltest --status)
dpkg -i /second.deb >/dev/null
say upgraded under a running daemon
[[ $(tsuku-dltest --fresh "$library") == *'"ok":true'* ]] && say used after that
sleep 6
[[ $(tsuku-dltest --fresh "$library") == *'"ok":true'* ]] && say and when the old one has ended
after=$(tsuku-dltest --status)
[ "$(grep -o '"pid":[0-9]*' <<<"$before")" != "$(grep -o '"pid":[0-9]*' <<<"$after")" ] && say by another daemon
tsuku-dltest --stop

apt-get remove -y -qq tsuku-dltestd >/dev/null
hash -r
! command -v tsuku-dltest >/dev/null && say removed
apt-get purge -y -qq tsuku-dltestd >/dev/null
[ -z "$(find / -xdev \( -name '*dltest*' \) ! -path '/root/*' ! -path '/proc/*' 2>/dev/null)" ] && say nothing is left
echo "done"
TRY
chmod 755 "$root/try.sh"
# shellcheck disable=SC2016 # its own variable
out=$(unshare --mount --pid --fork --propagation private bash -c 'mount --rbind /dev "$1/dev"; exec chroot "$1" /try.sh' - "$root" 2>&1) || true
echo "$out"
[ "$(tail -1 <<<"$out")" = "done" ] && [ "$(grep -c '^ok' <<<"$out")" -ge 13 ] && echo 'the package passed'
