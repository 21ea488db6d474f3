# SPDX-License-Identifier: MIT
# The libraries that damaged.py damages, by commands of their own as all fixtures.
set(VICTIMS_DIR ${FIXTURES_DIR}/victims)
file(MAKE_DIRECTORY ${VICTIMS_DIR})
set(victim_files "")

# add_victim(NAME [flag...])
function(add_victim NAME)
	add_custom_command(OUTPUT ${VICTIMS_DIR}/${NAME}.so
		COMMAND ${CMAKE_C_COMPILER} -std=gnu11 -O1 -w -shared -fPIC -s
			${CMAKE_CURRENT_SOURCE_DIR}/victim.c ${ARGN} -o ${VICTIMS_DIR}/${NAME}.so
		DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/victim.c ${CMAKE_CURRENT_SOURCE_DIR}/victim.map
		VERBATIM)
	set(victim_files ${victim_files} ${VICTIMS_DIR}/${NAME}.so PARENT_SCOPE)
endfunction()

set(version_script -Wl,--version-script,${CMAKE_CURRENT_SOURCE_DIR}/victim.map)
# Tight ones: with pages between the segments, most of a file is holes.
set(tight -Wl,-z,noseparate-code)
add_victim(plain ${tight})
add_victim(ifunc ${tight} -DWITH_IFUNC)
add_victim(static_tls ${tight} -DWITH_STATIC_TLS -Wl,-z,now)
add_victim(versions ${tight} -DWITH_VERSIONS ${version_script})
add_victim(maths ${tight} -DWITH_MATHS -fno-builtin -Wl,--no-as-needed -lm
	"-Wl,-rpath,$ORIGIN/../lib:/nonexistent")
add_victim(old_hash ${tight} -DWITH_IFUNC -Wl,--hash-style=sysv -Wl,-z,lazy)
add_victim(both_hashes -DWITH_IFUNC -DWITH_VERSIONS ${version_script} -Wl,--hash-style=both
	-Wl,-z,relro -Wl,-z,now)
add_victim(rpath ${tight} -Wl,--disable-new-dtags "-Wl,-rpath,$ORIGIN" -Wl,-Bsymbolic)
add_victim(bare ${tight} -nostdlib -Wl,-z,execstack)

add_custom_target(victims ALL DEPENDS ${victim_files})
