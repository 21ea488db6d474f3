# SPDX-License-Identifier: MIT
# CMake's toolchain file: the compiler of zig (DLTEST_ZIG, its program) for DLTEST_ZIG_TARGET, such as x86_64-linux-musl
# or aarch64-linux-gnu.2.17. It brings the C libraries and the kernel's headers.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES DLTEST_ZIG DLTEST_ZIG_TARGET)
set(CMAKE_SYSTEM_NAME Linux)
string(REGEX MATCH "^[^-]+" CMAKE_SYSTEM_PROCESSOR "${DLTEST_ZIG_TARGET}")
# Without -O zig adds a sanitizer; of its own libraries it makes a set for each level that CMake asks it for.
set(CMAKE_C_COMPILER ${DLTEST_ZIG} cc -target ${DLTEST_ZIG_TARGET} -Os)
set(CMAKE_C_ARCHIVE_CREATE "${DLTEST_ZIG} ar qcD <TARGET> <OBJECTS>")
set(CMAKE_C_ARCHIVE_FINISH "${DLTEST_ZIG} ranlib -D <TARGET>")
# Unless told otherwise it links statically with musl.
set(CMAKE_EXE_LINKER_FLAGS_INIT -dynamic)
set(DLTEST_STATIC_LINK -static -pie CACHE STRING "")
set(DLTEST_UNWINDER unwind CACHE STRING "")
set(DLTEST_UNWINDER_SOURCES unwindlocks.c CACHE STRING "")
set(CMAKE_OBJCOPY ${DLTEST_ZIG} objcopy)
# Of this machine nothing is taken.
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
