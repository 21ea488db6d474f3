# SPDX-License-Identifier: MIT
# Makes a C file that holds a text file: cmake -DINPUT=… -DOUTPUT=… -DSYMBOL=… -P embed.cmake
file(STRINGS ${INPUT} lines NEWLINE_CONSUME ENCODING UTF-8)
string(REPLACE "\\" "\\\\" lines "${lines}")
string(REPLACE "\"" "\\\"" lines "${lines}")
string(REPLACE "\n" "\\n\"\n\t\"" lines "${lines}")
file(WRITE ${OUTPUT} "extern const char ${SYMBOL}[];\nconst char ${SYMBOL}[] =\n\t\"${lines}\";\n")
