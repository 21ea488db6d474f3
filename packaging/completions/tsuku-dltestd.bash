# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of tsuku-dltestd for bash. Where COMPREPLY stays empty, bash completes files.

_tsuku_dltestd() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local options='--socket --idle-timeout --jobs --log-level --loader --allow-unconfined
		--check --pretend --foreground --help --version -h -V'

	COMPREPLY=()
	# bash makes --log-level=LEVEL three words.
	if [[ $word == = ]]; then
		word=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $before in
	--socket | --loader)
		return 0
		;;
	--log-level)
		options='error warn info debug'
		;;
	--pretend)
		options='no-seccomp no-notify landlock='
		;;
	--idle-timeout | --jobs)
		options=
		;;
	esac
	# It takes no files.
	compopt +o default +o bashdefault
	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
}
complete -o bashdefault -o default -F _tsuku_dltestd tsuku-dltestd
