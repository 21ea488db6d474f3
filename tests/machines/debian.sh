# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Debian's packages of other machines and other releases, unpacked and not installed. Sourced by the scripts beside it;
# "$work" is where they are kept.
declare -A debian_names=([x86_64]=amd64 [aarch64]=arm64)

# debian_apt CPU SUITE COMMAND...: an apt that knows of nothing but that.
debian_apt() {
	# shellcheck disable=SC2154 # of who sources this
	local arch=${debian_names[$1]} suite=$2 apt=$work/apt-$1-$2 command=$3
	shift 3
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	local options=(-qq -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Sandbox::User=root
		-o Dir::Etc::sourcelist="$apt/sources" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$apt/lists"
		-o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" -o Debug::NoLocking=1)
	if [ ! -e "$apt/status" ]; then
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${DEBIAN_MIRROR:-http://deb.debian.org/debian} $suite main" \
			>"$apt/sources"
		apt-get "${options[@]}" -o Dir::State::status=/dev/null update
		: >"$apt/status"
	fi
	"$command" "${options[@]}" "$@"
}

# debian_unpack_one CPU SUITE PACKAGE DIR: without what it needs. 'kernel' is what linux-image-ARCH depends on.
debian_unpack_one() {
	local folder=$work/packages-$1-$2 name=$3
	mkdir -p "$folder"
	[ "$name" != kernel ] || name=$(debian_apt "$1" "$2" apt-cache depends "linux-image-${debian_names[$1]}" |
		sed -n 's/^ *Depends: \(linux-image-[^ ]*\).*/\1/p' | head -1)
	[ -n "$(find "$folder" -name "${name}_*.deb")" ] || (cd "$folder" && debian_apt "$1" "$2" apt-get download "$name")
	dpkg -x "$(find "$folder" -name "${name}_*.deb" | head -1)" "$4"
}

# debian_unpack CPU SUITE DIR PACKAGE...: with all that they need.
debian_unpack() {
	local cpu=$1 suite=$2 directory=$3 file
	shift 3
	debian_apt "$cpu" "$suite" apt-get install --yes --download-only --no-install-recommends "$@" >&2
	for file in "$work/apt-$cpu-$suite"/cache/archives/*.deb; do
		dpkg -x "$file" "$directory"
	done
}
