# SPDX-License-Identifier: MIT
# The client's C library: musl where musl-gcc is there, because a static program starts eight times
# as fast with it (docs/PERFORMANCE.md). Sets the target dltest_client_libc, which whatever goes
# into the client links, and DLTEST_CLIENT_LIBC: musl, static or shared.
#
# What makes musl-gcc of gcc is a file of specs. So it is the project's own compiler that compiles
# the client, with all flags that the rest has.
option(DLTEST_MUSL_CLIENT "Link the client statically with musl where gcc and musl-gcc are there" ON)

include(CheckCSourceCompiles)
add_library(dltest_client_libc INTERFACE)
set(DLTEST_CLIENT_LIBC shared CACHE INTERNAL "What the client is linked with")

# Of a static program that can be anywhere in memory musl-gcc does not know: static-pie.specs.
function(find_musl)
	find_program(DLTEST_MUSL_GCC musl-gcc)
	mark_as_advanced(DLTEST_MUSL_GCC)
	if(NOT DLTEST_MUSL_GCC)
		return()
	endif()
	file(STRINGS ${DLTEST_MUSL_GCC} wrapper REGEX "musl-gcc\\.specs")
	string(REGEX MATCH "/[^\" ]*/musl-gcc\\.specs" specs "${wrapper}")
	if(NOT EXISTS "${specs}")
		return()
	endif()
	get_filename_component(MUSL_LIBDIR ${specs} DIRECTORY)
	configure_file(${PROJECT_SOURCE_DIR}/client/static-pie.specs.in
		${PROJECT_BINARY_DIR}/client/static-pie.specs @ONLY)

	# The kernel's headers, and jsmn.h, behind musl's own.
	set(compile -specs=${specs} -fPIE -ffunction-sections)
	foreach(directory IN LISTS CMAKE_C_IMPLICIT_INCLUDE_DIRECTORIES)
		list(APPEND compile -idirafter${directory})
	endforeach()
	# What is RELRO is marked as such; musl makes it read-only in dynamic programs alone. What the
	# daemon alone calls of include/ is left out.
	set(link -specs=${specs} -specs=${PROJECT_BINARY_DIR}/client/static-pie.specs
		-Wl,-z,relro,-z,now,-z,noexecstack,--build-id,--gc-sections)
	# Not CMAKE_REQUIRED_FLAGS, which linking gets as well: gcc takes the same specs only once.
	set(CMAKE_REQUIRED_DEFINITIONS ${compile})
	set(CMAKE_REQUIRED_LINK_OPTIONS ${link})
	check_c_source_compiles("
		#include <asm/unistd.h>
		#include <linux/magic.h>
		#include <stdio.h>
		#ifdef __GLIBC__
		#error not musl
		#endif
		int main(void) { return puts(\"\") < 0; }" DLTEST_CAN_LINK_MUSL)
	if(NOT DLTEST_CAN_LINK_MUSL)
		return()
	endif()
	target_compile_options(dltest_client_libc INTERFACE ${compile})
	target_link_options(dltest_client_libc INTERFACE ${link})
	set(DLTEST_CLIENT_LIBC musl CACHE INTERNAL "")
endfunction()

if(DLTEST_STATIC_CLIENT AND DLTEST_PLATFORM STREQUAL linux)
	if(DLTEST_MUSL_CLIENT AND CMAKE_C_COMPILER_ID STREQUAL GNU AND NOT CMAKE_CROSSCOMPILING)
		find_musl()
	endif()
	if(NOT DLTEST_CLIENT_LIBC STREQUAL musl)
		set(CMAKE_REQUIRED_LINK_OPTIONS -static)
		check_c_source_compiles("int main(void) { return 0; }" DLTEST_CAN_LINK_STATIC)
		unset(CMAKE_REQUIRED_LINK_OPTIONS)
		if(DLTEST_CAN_LINK_STATIC)
			target_link_options(dltest_client_libc INTERFACE -static)
			set(DLTEST_CLIENT_LIBC static CACHE INTERNAL "")
		endif()
	endif()
endif()
message(STATUS "The client's C library: ${DLTEST_CLIENT_LIBC}")
