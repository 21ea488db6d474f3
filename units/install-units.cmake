# SPDX-License-Identifier: MIT
# Run by cmake --install. A unit names the daemon's place, which is known no sooner: --prefix may be
# another one than CMake was configured with. DESTDIR is where packagers put the files meanwhile,
# and in no path that a unit names.
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_PREFIX OUTPUT_VARIABLE dltest_prefix)
cmake_path(ABSOLUTE_PATH DLTEST_UNIT_DIR BASE_DIRECTORY "${dltest_prefix}")
cmake_path(ABSOLUTE_PATH DLTEST_UNIT_BINDIR BASE_DIRECTORY "${dltest_prefix}")

# As systemd.service(5) has it under "Command lines". It takes no program whose path has quotes, but
# arguments that have.
set(dltest_daemon "${DLTEST_UNIT_BINDIR}/tsuku-dltestd")
string(REPLACE "\"" "\\\"" dltest_escaped "${dltest_daemon}")
string(REPLACE "%" "%%" dltest_escaped "${dltest_escaped}")
set(DLTEST_UNIT_COMMAND "\"${dltest_escaped}\"")
if(dltest_daemon MATCHES "[\"']")
	string(REPLACE "$" "$$" dltest_escaped "${dltest_escaped}")
	set(DLTEST_UNIT_COMMAND "/bin/sh -c 'exec \"$$0\" \"$$@\"' \"${dltest_escaped}\"")
endif()

foreach(unit tsuku-dltestd.service tsuku-dltestd.socket
		tsuku-dltestd@.service tsuku-dltestd@.socket)
	set(dltest_file "${DLTEST_UNIT_DIR}/${unit}")
	message(STATUS "Installing: $ENV{DESTDIR}${dltest_file}")
	configure_file("${DLTEST_UNIT_SOURCES}/${unit}.in" "$ENV{DESTDIR}${dltest_file}" @ONLY
		FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
	list(APPEND CMAKE_INSTALL_MANIFEST_FILES "${dltest_file}")
endforeach()
