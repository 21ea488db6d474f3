# SPDX-License-Identifier: MIT
# What makes a fault harder to use: for all that is compiled, as far as the compiler has it. style.hardening
# reads it off the programs of the release build.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

set(DLTEST_HARDENING -fstack-protector-strong)
# Not for every machine: CET is x86's, branch protection aarch64's. clang only warns of what it does not use.
set(CMAKE_REQUIRED_FLAGS -Werror)
foreach(flag -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard)
	string(MAKE_C_IDENTIFIER "DLTEST_HAS${flag}" has)
	check_c_compiler_flag(${flag} ${has})
	if(${has})
		list(APPEND DLTEST_HARDENING ${flag})
	endif()
endforeach()
unset(CMAKE_REQUIRED_FLAGS)
# It needs an optimiser, and the sanitizers look at the same and more.
if(NOT DLTEST_SANITIZE)
	list(APPEND DLTEST_HARDENING
		$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
		$<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
endif()
add_compile_options(${DLTEST_HARDENING})
if(DLTEST_PLATFORM STREQUAL linux)
	add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()
