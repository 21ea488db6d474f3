# SPDX-License-Identifier: MIT
# What has system calls of other programs fail.
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
add_executable(faulter faulter.c faulter_parts.c)
target_link_libraries(faulter PRIVATE PkgConfig::SECCOMP dltest_warnings)
set_target_properties(faulter PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
