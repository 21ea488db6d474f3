# SPDX-License-Identifier: MIT
# Completion of tsuku-dltestd for fish.

complete -c tsuku-dltestd -f
complete -c tsuku-dltestd -l socket -r -F -d 'Listen there'
complete -c tsuku-dltestd -l idle-timeout -x -d 'Exit after a time without a call'
complete -c tsuku-dltestd -l jobs -x -d 'Loads at a time'
complete -c tsuku-dltestd -l log-level -x -a 'error warn info debug' -d 'How much to say'
complete -c tsuku-dltestd -l loader -r -F -d 'The loader program'
complete -c tsuku-dltestd -l allow-unconfined -d 'Load even without filters of system calls'
complete -c tsuku-dltestd -l check -d 'Try what a confined process must not do'
complete -c tsuku-dltestd -l pretend -x -a 'no-seccomp no-notify landlock=' -d 'Do without, for tests'
complete -c tsuku-dltestd -l foreground -d 'Accepted for service managers'
complete -c tsuku-dltestd -s h -l help -d 'Show a summary of the options'
complete -c tsuku-dltestd -s V -l version -d 'Show the version'
