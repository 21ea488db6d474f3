# SPDX-License-Identifier: MIT
# Damaged libraries, kills, damaged memory, and a soak: each in short, and always the same (--seed).
# storm.py is run by hand: the daemon does not keep its bounds yet (docs/RELIABILITY.md).
include(${CMAKE_CURRENT_LIST_DIR}/victims.cmake)

foreach(name damaged kills memory_file soak)
	set(script ${CMAKE_CURRENT_LIST_DIR}/${name}.py)
	add_test(NAME reliability.${name} COMMAND Python3::Interpreter -B ${script} -v)
	set_tests_properties(reliability.${name} PROPERTIES
		LABELS reliability
		TIMEOUT 240
		RUN_SERIAL ON
		FAIL_REGULAR_EXPRESSION "${SANITIZER_COMPLAINT}"
		ENVIRONMENT "${INTEGRATION_ENVIRONMENT};DLTEST_REFERENCE=$<TARGET_FILE:sweep_reference>")
endforeach()
