# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of tsuku-dltest for bash. Where COMPREPLY stays empty, bash completes files.

_tsuku_dltest() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} i
	local options='--all --files-from --null --timeout --within --lazy --with --host
		--allow-missing-host --libc --root --bare
		--fresh --dry-run --no-daemon --jsonl --text --details --status --stop --help --version
		-0 -h -V'

	COMPREPLY=()
	# bash makes --root=DIR three words.
	if [[ $word == = ]]; then
		word=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} != -- ]] || return 0
	done
	case $before in
	--timeout | --within)
		compopt +o default +o bashdefault
		;;
	--libc)
		mapfile -t COMPREPLY < <(compgen -W 'glibc musl' -- "$word")
		;;
	--root)
		compopt -o dirnames +o default +o bashdefault
		;;
	--host)
		[[ $word == */* ]] || mapfile -t COMPREPLY < <(compgen -c -- "$word")
		;;
	--with | --files-from) ;;
	*)
		[[ $word != -* ]] || mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
		;;
	esac
}
complete -o bashdefault -o default -F _tsuku_dltest tsuku-dltest
