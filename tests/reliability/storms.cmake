# SPDX-License-Identifier: MIT
# Damaged libraries, kills, damaged memory, a soak and a crowd: each in short, and always the same
# (--seed).
include(${CMAKE_CURRENT_LIST_DIR}/victims.cmake)

foreach(name damaged kills memory_file soak storm)
	set(script ${CMAKE_CURRENT_LIST_DIR}/${name}.py)
	add_test(NAME reliability.${name} COMMAND Python3::Interpreter -B ${script} -v)
	set_tests_properties(reliability.${name} PROPERTIES
		LABELS reliability
		TIMEOUT 240
		RUN_SERIAL ON
		FAIL_REGULAR_EXPRESSION "${SANITIZER_COMPLAINT}"
		ENVIRONMENT "${INTEGRATION_ENVIRONMENT};DLTEST_REFERENCE=$<TARGET_FILE:sweep_reference>")
endforeach()
