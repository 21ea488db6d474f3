# SPDX-License-Identifier: MIT
# The client's C library: musl where musl-gcc is there, because a static program starts eight times
# as fast with it (docs/PERFORMANCE.md). Sets the target dltest_client_libc, which whatever goes
# into the client links, and DLTEST_CLIENT_LIBC_CHOSEN: musl, static or shared.
set(DLTEST_CLIENT_LIBC auto CACHE STRING
	"The client's C library: musl (static, by musl-gcc), static, shared, or auto: the first of these that can be had")
set_property(CACHE DLTEST_CLIENT_LIBC PROPERTY STRINGS auto musl static shared)

include(CheckCSourceCompiles)
add_library(dltest_client_libc INTERFACE)
# Whoever packs a program may compile all C with unwind tables, whose routine the compiler's library has for one C
# library alone; nothing in the client unwinds.
target_compile_options(dltest_client_libc INTERFACE -fno-exceptions
	-fno-unwind-tables -fno-asynchronous-unwind-tables)
set(DLTEST_CLIENT_LIBC_CHOSEN shared CACHE INTERNAL "What the client is linked with")

# Anywhere in memory, where the C library has what that takes: glibc where it was built so, musl always.
function(find_static)
	foreach(way "${DLTEST_STATIC_LINK}" "-static")
		string(MAKE_C_IDENTIFIER "DLTEST_CAN_LINK_${way}" can)
		set(CMAKE_REQUIRED_DEFINITIONS -fPIE)
		set(CMAKE_REQUIRED_LINK_OPTIONS ${way})
		check_c_source_compiles("int main(void) { return 0; }" ${can})
		if(${can})
			target_link_options(dltest_client_libc INTERFACE ${way} -Wl,--gc-sections)
			set(DLTEST_CLIENT_LIBC_CHOSEN static CACHE INTERNAL "")
			return()
		endif()
	endforeach()
endfunction()

if(NOT DLTEST_CLIENT_LIBC MATCHES "^(auto|musl|static|shared)$")
	message(FATAL_ERROR "DLTEST_CLIENT_LIBC is musl, static, shared or auto, not '${DLTEST_CLIENT_LIBC}'")
endif()
if(DLTEST_CLIENT_LIBC MATCHES "^(auto|musl)$" AND TARGET dltest_musl_static)
	target_link_libraries(dltest_client_libc INTERFACE dltest_musl_static)
	set(DLTEST_CLIENT_LIBC_CHOSEN musl CACHE INTERNAL "")
endif()
if(DLTEST_CLIENT_LIBC STREQUAL static OR
		(DLTEST_CLIENT_LIBC STREQUAL auto AND DLTEST_CLIENT_LIBC_CHOSEN STREQUAL shared))
	find_static()
endif()
if(NOT DLTEST_CLIENT_LIBC STREQUAL auto AND NOT DLTEST_CLIENT_LIBC STREQUAL DLTEST_CLIENT_LIBC_CHOSEN)
	message(FATAL_ERROR "The client cannot have the C library that was asked for: DLTEST_CLIENT_LIBC=${DLTEST_CLIENT_LIBC} "
		"(musl wants gcc and musl-gcc; static a C library that can be linked so)")
endif()
message(STATUS "The client's C library: ${DLTEST_CLIENT_LIBC_CHOSEN}")
