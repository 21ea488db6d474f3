/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <stddef.h>
#include <string.h>

#include "result.h"

static const struct host hosts[] = {
	{"Py", "Python", "a Python extension", "libpython3.X.so"},
	{"_Py", "Python", "a Python extension", "libpython3.X.so"},
	{"Perl_", "Perl", "a Perl module", "libperl.so"},
	{"PL_", "Perl", "a Perl module", "libperl.so"},
	{"rb_", "Ruby", "a Ruby extension", "libruby.so"},
	{"lua_", "Lua", "a Lua module", "liblua5.X.so"},
	{"luaL_", "Lua", "a Lua module", "liblua5.X.so"},
	{"Tcl_", "Tcl", "a Tcl extension", "libtcl8.X.so"},
};

static const struct host *find(const char *symbol) {
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		if (strncmp(symbol, hosts[i].prefix, strlen(hosts[i].prefix)) == 0)
			return &hosts[i];
	}
	return NULL;
}

const struct host *host_of(const struct result *result) {
	const struct host *host = NULL;

	if (result->reason != DLTEST_REASON_UNDEFINED_SYMBOL)
		return NULL;
	for (size_t i = 0; i < result->needs_count && !host; i++)
		host = find(result->needs[i].name);
	for (size_t i = 0; i < result->symbols.count && !host; i++)
		host = find(result->symbols.items[i]);
	return host;
}
