# SPDX-License-Identifier: MIT
# Rooms: folders of the source tree whose files may include what their room sees, and nothing else.

define_property(TARGET PROPERTY DLTEST_ROOM BRIEF_DOCS "True for what others may see as a room")
define_property(TARGET PROPERTY DLTEST_SEES BRIEF_DOCS "The rooms that a room sees")

# The rooms, for tests/check-rooms.sh: name, folder, and the rooms that it sees, a line each.
set(DLTEST_ROOMS_FILE ${PROJECT_BINARY_DIR}/rooms.txt)
file(WRITE ${DLTEST_ROOMS_FILE} "")

# dltest_open_room(NAME room...): the target NAME is a room in this folder, and sees these rooms.
function(dltest_open_room NAME)
	set_target_properties(${NAME} PROPERTIES DLTEST_ROOM TRUE DLTEST_SEES "${ARGN}")
	file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
	list(JOIN ARGN " " sees)
	file(APPEND ${DLTEST_ROOMS_FILE} "${NAME} ${folder} ${sees}\n")
endfunction()

# dltest_demand(NAME file...): all of the files of NAME that are not in this folder, and not the first
# alone, as CMake would have it: whoever begins a platform learns from one run what it takes.
function(dltest_demand NAME)
	set(missing "")
	foreach(file IN LISTS ARGN)
		if(NOT file MATCHES "^\\$<" AND NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
			list(APPEND missing ${file})
		endif()
	endforeach()
	if(missing)
		list(JOIN missing ", " missing)
		message(SEND_ERROR "${NAME} lacks, for the platform ${DLTEST_PLATFORM}: ${missing}. "
			"What each has to do is in the header of its name, without the platform")
	endif()
endfunction()

# dltest_room(NAME SOURCES file... [SEES room...] [LIBRARIES target...])
#
# The static library NAME of the sources in this folder. Their headers are for whoever sees the room;
# what the room sees, and the libraries that it links, are for its own sources alone. A room that is
# seen must be there already, so that add_subdirectory() goes from the lowest floor up and no circle
# can be written down.
function(dltest_room NAME)
	cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;SEES;LIBRARIES")
	if(ARG_UNPARSED_ARGUMENTS)
		message(FATAL_ERROR "dltest_room(${NAME}): what is '${ARG_UNPARSED_ARGUMENTS}'?")
	endif()
	foreach(room IN LISTS ARG_SEES)
		set(is_room FALSE)
		if(TARGET ${room})
			get_target_property(is_room ${room} DLTEST_ROOM)
		endif()
		if(NOT is_room)
			message(FATAL_ERROR "The room ${NAME} sees ${room}, which is no room, or not yet: "
				"a room sees only what is on the floors below it")
		endif()
	endforeach()
	foreach(source IN LISTS ARG_SOURCES)
		if(source MATCHES "/")
			message(FATAL_ERROR "${source} does not live in the room ${NAME}")
		endif()
	endforeach()
	dltest_demand(${NAME} ${ARG_SOURCES})
	add_library(${NAME} STATIC ${ARG_SOURCES})
	dltest_open_room(${NAME} ${ARG_SEES})
	target_include_directories(${NAME} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
	# For programs alone, never for a shared library: calls within a room stay within it.
	target_compile_options(${NAME} PRIVATE -fPIE)
	target_link_libraries(${NAME} PRIVATE
		${ARG_SEES} ${ARG_LIBRARIES} dltest_warnings dltest_sanitize)
endfunction()
