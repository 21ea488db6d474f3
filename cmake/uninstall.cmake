# SPDX-License-Identifier: MIT
# What the target 'uninstall' does: removes what 'cmake --install' put where it last did, and the directories that are
# the project's own. Not what the programs made in a user's home. DESTDIR counts, as it did then.
#   cmake -D MANIFEST=FILE -P uninstall.cmake
if(NOT EXISTS ${MANIFEST})
	message(FATAL_ERROR "Nothing was installed from here: there is no ${MANIFEST}")
endif()
file(STRINGS ${MANIFEST} files ENCODING UTF-8)
foreach(file IN LISTS files)
	file(REMOVE "$ENV{DESTDIR}${file}")
	cmake_path(GET file PARENT_PATH directory)
	# rmdir refuses where others have put something; file(REMOVE_RECURSE) would not.
	if(directory MATCHES "/tsuku-dltestd?$")
		execute_process(COMMAND rmdir -- "$ENV{DESTDIR}${directory}" ERROR_QUIET OUTPUT_QUIET)
	endif()
endforeach()
list(LENGTH files count)
message(STATUS "Removed ${count} files")
