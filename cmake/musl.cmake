# SPDX-License-Identifier: MIT
# musl beside the C library of the system, where gcc compiles and musl-gcc is there: the targets dltest_musl_static
# (programs that can be anywhere in memory) and dltest_musl_shared (programs with musl's dynamic linker), which what is
# to have musl links.
#
# What makes musl-gcc of gcc is a file of specs. So it is the project's own compiler that compiles, with all flags that
# the rest has.
include(CheckCSourceCompiles)

# musl_links(VARIABLE OPTION...): whether programs can be made with what is in 'compile' and these.
macro(musl_links VARIABLE)
	# Not CMAKE_REQUIRED_FLAGS, which linking gets as well: gcc takes the same specs only once.
	set(CMAKE_REQUIRED_DEFINITIONS ${compile})
	set(CMAKE_REQUIRED_LINK_OPTIONS ${ARGN})
	check_c_source_compiles("
		#include <asm/unistd.h>
		#include <linux/magic.h>
		#include <stdio.h>
		#ifdef __GLIBC__
		#error not musl
		#endif
		int main(void) { return puts(\"\") < 0; }" ${VARIABLE})
endmacro()

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
	configure_file(${PROJECT_SOURCE_DIR}/cmake/static-pie.specs.in
		${PROJECT_BINARY_DIR}/static-pie.specs @ONLY)

	# The kernel's headers, and jsmn.h, behind musl's own.
	set(compile -specs=${specs} -ffunction-sections)
	foreach(directory IN LISTS CMAKE_C_IMPLICIT_INCLUDE_DIRECTORIES)
		list(APPEND compile -idirafter${directory})
	endforeach()
	# What is RELRO is marked as such; musl makes it read-only in dynamic programs alone. What nobody calls is
	# left out.
	set(link -specs=${specs} -Wl,-z,relro,-z,now,-z,noexecstack,--build-id,--gc-sections)
	set(link_static ${link} -specs=${PROJECT_BINARY_DIR}/static-pie.specs)
	musl_links(DLTEST_CAN_LINK_MUSL ${link_static})
	if(DLTEST_CAN_LINK_MUSL)
		add_library(dltest_musl_static INTERFACE)
		target_compile_options(dltest_musl_static INTERFACE ${compile} -fPIE)
		target_link_options(dltest_musl_static INTERFACE ${link_static})
	endif()
	musl_links(DLTEST_CAN_LINK_MUSL_SHARED ${link})
	if(DLTEST_CAN_LINK_MUSL_SHARED)
		add_library(dltest_musl_shared INTERFACE)
		target_compile_options(dltest_musl_shared INTERFACE ${compile})
		# By which the unwinder finds its tables; musl-gcc does not ask for it.
		target_link_options(dltest_musl_shared INTERFACE ${link} -Wl,--eh-frame-hdr)
	endif()
endfunction()

if(DLTEST_PLATFORM STREQUAL linux AND CMAKE_C_COMPILER_ID STREQUAL GNU AND NOT CMAKE_CROSSCOMPILING)
	find_musl()
endif()
