#!/bin/bash
# SPDX-License-Identifier: MIT
# fetch-varlinkctl.sh DIR: puts a newer systemd's varlinkctl and the Python Varlink client, from
# Debian 13's packages, below DIR without installing them: DIR/varlinkctl, DIR/python-varlink.
# Debian 12 has neither. Uses the Debian mirror that apt is set up with.
set -euo pipefail

mkdir -p "$1"
dir=$(cd "$1" && pwd)
[ ! -e "$dir/complete" ] || exit 0
# shellcheck disable=SC2016 # the words are apt's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' |
	awk '$2 == "main" && $1 !~ /security/ { print $1; exit }')
[ -n "$mirror" ] || {
	echo "apt knows no Debian mirror" >&2
	exit 1
}
mkdir -p "$dir/lists/partial" "$dir/debs/partial" "$dir/tree"
: >"$dir/status"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $mirror trixie main" >"$dir/sources.list"
cat >"$dir/apt.conf" <<EOF
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "-";
Dir::State "$dir";
Dir::State::lists "$dir/lists";
Dir::State::status "$dir/status";
Dir::Cache "$dir";
Dir::Cache::archives "$dir/debs";
APT::Sandbox::User "$(id -un)";
EOF
export APT_CONFIG=$dir/apt.conf
apt-get update -qq
(
	cd "$dir/debs"
	apt-get download -qq systemd libsystemd-shared libc6 libacl1 libblkid1 libcap2 libcrypt1 \
		libmount1 libssl3t64 libpam0g libseccomp2 libselinux1 zlib1g libzstd1 libaudit1 \
		libpcre2-8-0 libcap-ng0 libgcc-s1 python3-varlink
	for package in *.deb; do
		dpkg -x "$package" "$dir/tree"
	done
)
triplet=$(uname -m)-linux-gnu
cat >"$dir/varlinkctl" <<EOF
#!/bin/sh
lib=$dir/tree/usr/lib/$triplet
exec "\$lib"/ld-linux-*.so.* --argv0 varlinkctl --library-path "\$lib:\$lib/systemd" \\
	"$dir/tree/usr/bin/varlinkctl" "\$@"
EOF
cat >"$dir/python-varlink" <<EOF
#!/bin/sh
PYTHONPATH=$dir/tree/usr/lib/python3/dist-packages exec /usr/bin/python3 -m varlink.cli "\$@"
EOF
chmod +x "$dir/varlinkctl" "$dir/python-varlink"
"$dir/varlinkctl" --version >/dev/null
touch "$dir/complete"
