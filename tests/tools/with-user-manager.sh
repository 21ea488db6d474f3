#!/bin/bash
# SPDX-License-Identifier: MIT
# with-user-manager.sh UID HOME COMMAND...   (as root)
# Runs COMMAND as UID with a real `systemd --user` around it, where process 1 need be no systemd:
# in mount, process and cgroup namespaces of its own. HOME belongs to UID; the manager's log is
# HOME/systemd-user.log. Outside, one cgroup is made and removed. Exit status 77: no cgroup2.
set -euo pipefail

uid=$1
home=$2
shift 2
hierarchy=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
[ -n "$hierarchy" ] || {
	echo "no cgroup2 hierarchy is mounted" >&2
	exit 77
}
# Never in the root group: the manager moves whatever it finds where it is.
group=$hierarchy/dltest-$$
mkdir "$group"
chown "$uid" "$group" "$group"/cgroup.procs "$group"/cgroup.threads "$group"/cgroup.subtree_control
trap 'find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true' EXIT

as_user() { # what runs as the user
	mkdir -p "$XDG_CONFIG_HOME/systemd/user"
	/lib/systemd/systemd --user >"$HOME/systemd-user.log" 2>&1 &
	local manager=$!
	for _ in $(seq 200); do
		systemctl --user is-system-running >/dev/null 2>&1 && break
		sleep 0.05
	done
	local status=0
	"$@" || status=$?
	kill "$manager"
	wait "$manager" || true
	return "$status"
}
in_namespaces() { # what prepares them, as root
	local uid=$1 home=$2
	shift 2
	umount -R /sys/fs/cgroup 2>/dev/null || true
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mount -t tmpfs -o mode=755 tmpfs /run
	# What process 1 would have made: sd_booted(3), places for mounts, the runtime directory.
	mkdir -p /run/systemd/system /run/systemd/unit-root /run/systemd/mount-rootfs
	install -d -m 700 -o "$uid" -g "$uid" "/run/user/$uid"
	cd "$home"
	exec setpriv --reuid="$uid" --regid="$uid" --clear-groups \
		env -i PATH="$PATH" HOME="$home" XDG_RUNTIME_DIR="/run/user/$uid" \
		XDG_CONFIG_HOME="$home/.config" \
		bash -uc "$(declare -f as_user); as_user \"\$@\"" bash "$@"
}
(
	echo $BASHPID >"$group/cgroup.procs"
	exec unshare --mount --pid --fork --cgroup --mount-proc --kill-child \
		bash -euc "$(declare -f as_user in_namespaces); in_namespaces \"\$@\"" bash \
		"$uid" "$home" "$@"
)
