#!/bin/bash
# SPDX-License-Identifier: MIT
# coverage.sh [CTEST-ARGUMENT...]: which lines and branches of the daemon the tests reach: all unit and
# integration tests that judge no times, or those that the arguments pick. build/coverage/coverage.txt has a
# line for each file with the lines that nothing reached, coverage.html all in detail. The loader is not
# counted: what confines it keeps it from writing anything down.
set -euo pipefail
cd "$(dirname "$0")/../.."

[ $# -gt 0 ] || set -- -L 'unit|integration' -LE '^timed$|^integration.user$'
build=build/coverage
cmake --preset coverage >/dev/null
cmake --build $build --target unit_tests integration_tests >/dev/null
find $build -name '*.gcda' -delete
status=0
ctest --test-dir $build -j"$(($(nproc) * 2))" --output-on-failure "$@" || status=$?
# Of what libraries' headers have as macros the branches are theirs, and those of what cannot happen.
gcovr --root . --object-directory $build --filter daemon/ --filter include/ --exclude daemon/loader/ \
	--exclude-unreachable-branches --exclude-throw-branches --gcov-ignore-parse-errors \
	--print-summary --txt $build/coverage.txt --html-details $build/coverage.html
# It leaves those of what it does not understand.
rm -f ./*.gcov
exit $status
