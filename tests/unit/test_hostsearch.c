/* SPDX-License-Identifier: MIT */
#include "hosts_world.h"

TestSuite(hostsearch, .init = make_hosts_world, .fini = remove_hosts_world);

/* What the answer has in place of 'index': "NAME PROGRAM", or "" for none. */
static const char *candidate(const struct hostfinding *finding, size_t index) {
	static char text[8192];

	if (index >= finding->candidates_count)
		return "";
	const char *program = finding->candidates[index].program;
	size_t length = strlen(tempdir);
	/* Below the directory of the test. */
	if (program && strncmp(program, tempdir, length) == 0)
		program += length + 1;
	snprintf(text, sizeof(text), "%s %s", finding->candidates[index].name,
		program ? program : "-");
	return text;
}

static void expect(struct hostfinding finding, const char *const *candidates) {
	size_t i = 0;

	cr_expect(finding.is_complete);
	for (; candidates[i]; i++)
		cr_expect_str_eq(candidate(&finding, i), candidates[i]);
	cr_expect_eq(finding.candidates_count, i, "and '%s'", candidate(&finding, i));
	hostfinding_fini(&finding);
}

#define CANDIDATES(...) ((const char *const[]){__VA_ARGS__})

static void lack(const char *const *lacked) {
	strv_fini(&names);
	add_all(&names, lacked);
}

Test(hostsearch, the_host_of_an_entry_is_found_by_its_name) {
	const char *plugin = copy_host("modInit.so", "plugins/x.so");

	copy_host("program", "bin/rsyslogd");
	copy_host("program", "bin/another");
	struct hostfinding finding = ask(HOSTQUERY_PROGRAMS, plugin, 0);
	cr_assert_eq(finding.candidates_count, 1);
	cr_expect(finding.candidates[0].by_entry);
	cr_expect(has(&finding.searched, below("bin")));
	cr_expect(has(&finding.searched, below("bin/rsyslogd")));
	cr_expect(has(&finding.searched, below("bin")));
	expect(finding, CANDIDATES("rsyslog bin/rsyslogd", NULL));
}

Test(hostsearch, a_host_that_gives_nothing_itself_is_one_all_the_same) {
	const char *plugin = copy_host("modInit.so", "plugins/x.so");

	copy_host("mute_program", "bin/rsyslogd");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES("rsyslog bin/rsyslogd", NULL));
}

Test(hostsearch, a_host_that_is_not_here_is_named) {
	const char *plugin = copy_host("demo_module.so", "plugins/x.so");

	lack(CANDIDATES("pr_one", "pr_two", NULL));
	copy_host("small_program", "bin/another");
	struct hostfinding finding = ask(HOSTQUERY_PROGRAMS, plugin, 0);
	cr_assert_eq(finding.candidates_count, 1);
	cr_expect(finding.candidates[0].by_entry);
	cr_expect_null(finding.candidates[0].program);
	expect(finding, CANDIDATES("ProFTPD -", NULL));
}

Test(hostsearch, an_extension_of_python_gets_its_version) {
	const char *plugin = copy_host("PyInit_x.so", "plugins/x.cpython-311-x86_64-linux-gnu.so");
	const char *stable = copy_host("PyInit_x.so", "plugins/x.abi3.so");

	lack(CANDIDATES("Py_A", NULL));
	copy_host("program", "bin/python3.9");
	copy_host("program", "bin/python3.11");
	copy_host("program", "bin/python3.12");
	copy_host("program", "bin/python3.11-config");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES("Python bin/python3.11", NULL));
	struct hostfinding finding = ask(HOSTQUERY_PROGRAMS, stable, 0);
	cr_expect_str_eq(candidate(&finding, 0), "Python bin/python3.12");
	hostfinding_fini(&finding);
	cr_assert_eq(unlink(below("bin/python3.11")), 0);
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES("Python 3.11 -", NULL));
}

/* Libraries of the system have a version in their names, those of wheels, too. */
static const char *make_package(const char *mark) {
	make_dir("plugins/p");
	write_file(below("%s", mark), "");
	return copy_host("versioned_plugin.so", "plugins/p/libx.so.1");
}

Test(hostsearch, a_library_of_a_package_of_python_needs_no_entry) {
	const char *plugin = make_package("plugins/p/__init__.py");

	lack(CANDIDATES("PyList_New", "_PyObject_New", "Py_A", NULL));
	copy_host("program", "bin/python3.11");
	struct hostfinding finding = ask(HOSTQUERY_PROGRAMS, plugin, 0);
	cr_assert_eq(finding.candidates_count, 1);
	cr_expect(finding.candidates[0].by_entry);
	cr_expect(has(&finding.searched, below("plugins/p/__init__.py")));
	expect(finding, CANDIDATES("Python bin/python3.11", NULL));
	cr_assert_eq(unlink(below("bin/python3.11")), 0);
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES("Python -", NULL));
	/* Where it is in no package, it may be under-linked. */
	cr_assert_eq(unlink(below("plugins/p/__init__.py")), 0);
	copy_host("program", "bin/python3.11");
	finding = ask(HOSTQUERY_PROGRAMS, plugin, 0);
	cr_expect(has(&finding.searched, below("plugins/p/__init__.py")));
	expect(finding, CANDIDATES(NULL));
}

Test(hostsearch, what_is_not_all_of_python_says_no_more_than_exports_do) {
	const char *plugin = make_package("plugins/__init__.py");

	lack(CANDIDATES("Py_1", "Py_2", "Py_3", "Py_4", "Py_5", "Py_6", "Py_7", "Py_8", "Py_9",
		"other", NULL));
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES(NULL));
	copy_host("program", "bin/python3.11");
	struct hostfinding finding = ask(HOSTQUERY_PROGRAMS, plugin, 0);
	cr_assert_eq(finding.candidates_count, 1);
	cr_expect(!finding.candidates[0].by_entry);
	hostfinding_fini(&finding);
	lack(CANDIDATES("Py_1", "Py_2", "Py_3", "Py_4", "other", NULL));
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES(NULL));
}

Test(hostsearch, the_libraries_of_a_wheel_are_of_its_package) {
	make_dir("plugins/p.libs");
	const char *plugin = copy_host("versioned_plugin.so", "plugins/p.libs/libx.so.1");

	lack(CANDIDATES("Py_1", NULL));
	copy_host("program", "bin/python3.11");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES(NULL));
	make_dir("plugins/p-1.0.dist-info");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES("Python bin/python3.11", NULL));
	make_dir("plugins/site-packages");
	plugin = copy_host("versioned_plugin.so", "plugins/site-packages/libx.so.1");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES("Python bin/python3.11", NULL));
}

Test(hostsearch, nothing_above_the_package_or_of_the_system_makes_one) {
	make_dir("plugins/1");
	make_dir("plugins/1/2");
	make_dir("plugins/1/2/3");
	const char *plugin = copy_host("versioned_plugin.so", "plugins/1/2/3/libx.so.1");
	const char *library = copy_host("versioned_plugin.so", "lib/libx.so.1");

	lack(CANDIDATES("Py_1", NULL));
	copy_host("program", "bin/python3.11");
	write_file(below("plugins/__init__.py"), "");
	write_file(below("lib/__init__.py"), "");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES(NULL));
	expect(ask(HOSTQUERY_PROGRAMS, library, 0), CANDIDATES(NULL));
}

Test(hostsearch, the_library_stands_for_a_program_that_has_its_symbols_from_it) {
	const char *plugin = copy_host("PyInit_x.so", "plugins/x.cpython-311-x86_64-linux-gnu.so");

	lack(CANDIDATES("Py_A", "dltest_api_10", NULL));
	copy_host("library.so", "lib/libpython3.11.so.1.0");
	copy_host("library.so", "lib/libpython3.12.so.1.0");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0),
		CANDIDATES("Python lib/libpython3.11.so.1.0", NULL));
	copy_host("mute_program", "bin/python3.11");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0),
		CANDIDATES("Python lib/libpython3.11.so.1.0", "Python bin/python3.11", NULL));
	copy_host("program", "bin/python3.11");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES("Python bin/python3.11", NULL));
}

Test(hostsearch, the_newest_comes_first_unless_another_has_more) {
	const char *plugin = copy_host("luaopen_x.so", "plugins/x.so");

	lack(CANDIDATES("lua_a", "lua_b", "dltest_api_10", "dltest_api_13", NULL));
	copy_host("small_program", "bin/lua5.10");
	copy_host("program", "bin/lua5.4");
	copy_host("small_program", "bin/lua5.2");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0),
		CANDIDATES("Lua bin/lua5.4", "Lua bin/lua5.10", "Lua bin/lua5.2", NULL));
	make_dir("plugins/5.2");
	plugin = copy_host("luaopen_x.so", "plugins/5.2/x.so");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0),
		CANDIDATES("Lua bin/lua5.4", "Lua bin/lua5.2", "Lua bin/lua5.10", NULL));
}

Test(hostsearch, what_goes_by_a_name_of_its_own_lacks_more_than_perl) {
	const char *plugin = copy_host("boot_nginx.so", "plugins/x.so");

	copy_host("program", "bin/perl");
	lack(CANDIDATES("Perl_a", "Perl_b", "dltest_api_10", NULL));
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES("Perl bin/perl", NULL));
	lack(CANDIDATES("Perl_a", "Perl_b", "dltest_api_10", "ngx_a", NULL));
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0),
		CANDIDATES("nginx with ngx_http_perl_module.so -", NULL));
}

Test(hostsearch, a_plugin_of_a_plugin_has_the_program_with_that_first) {
	static const char via[] = "/usr/lib/nginx/modules/ngx_http_perl_module.so";
	const char *plugin = copy_host("boot_nginx.so", "plugins/x.so");

	if (access(via, F_OK) < 0)
		cr_skip("it is not installed: %s", via);
	copy_host("program", "bin/perl");
	copy_host("small_program", "bin/nginx");
	lack(CANDIDATES("Perl_a", "Perl_b", "Perl_c", "dltest_api_10", "ngx_a", NULL));
	struct hostfinding finding = ask(HOSTQUERY_PROGRAMS, plugin, 0);
	cr_assert_eq(finding.candidates_count, 2);
	cr_expect_str_eq(finding.candidates[0].via, via);
	cr_expect_null(finding.candidates[1].via);
	cr_expect(has(&finding.searched, via));
	expect(finding, CANDIDATES("nginx bin/nginx", "Perl bin/perl", NULL));
}

Test(hostsearch, a_program_with_two_names_is_one) {
	const char *plugin = copy_host("modInit.so", "plugins/x.so");

	strv_add(&programs, make_dir("sbin"));
	copy_host("program", "bin/rsyslogd");
	cr_assert_eq(symlink("../bin/rsyslogd", below("sbin/rsyslogd")), 0);
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES("rsyslog bin/rsyslogd", NULL));
}

Test(hostsearch, what_gives_the_names_is_a_host_that_no_table_knows) {
	const char *plugin = copy_host("plugin.so", "plugins/x.so");

	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES(NULL));
	copy_host("program", "bin/tracer");
	struct hostfinding finding = ask(HOSTQUERY_PROGRAMS, plugin, 0);
	cr_assert_eq(finding.candidates_count, 1);
	cr_expect(!finding.candidates[0].by_entry);
	cr_expect(has(&finding.searched, below("lib")));
	expect(finding, CANDIDATES("tracer bin/tracer", NULL));
}

Test(hostsearch, a_program_with_few_exports_is_a_host_in_its_own_package_alone) {
	const char *plugin = copy_host("plugin.so", "plugins/x.so");

	copy_host("small_program", "bin/tracer");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES(NULL));
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 1), CANDIDATES("tracer bin/tracer", NULL));
	lack(CANDIDATES("dltest_api_10", "x", "y", NULL));
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 1), CANDIDATES(NULL));
}

Test(hostsearch, what_lacks_the_names_of_a_library_is_no_plugin) {
	const char *plugin = copy_host("plugin.so", "plugins/x.so");

	copy_host("program", "bin/tracer");
	/* It has three of the four names. */
	copy_host("small_library.so", "lib/libdltest_few.so.1");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES("tracer bin/tracer", NULL));
	copy_host("library.so", "lib/libdltest_api.so.1");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES(NULL));
	/* But one that names its host is. */
	plugin = copy_host("modInit.so", "plugins/y.so");
	copy_host("program", "bin/rsyslogd");
	expect(ask(HOSTQUERY_PROGRAMS, plugin, 0), CANDIDATES("rsyslog bin/rsyslogd", NULL));
}

Test(hostsearch, what_others_are_linked_with_is_no_plugin) {
	copy_host("program", "bin/tracer");
	expect(ask(HOSTQUERY_PROGRAMS, copy_host("versioned_plugin.so", "plugins/x.so"), 0),
		CANDIDATES(NULL));
	lack(CANDIDATES("ap_one", NULL));
	expect(ask(HOSTQUERY_PROGRAMS, copy_host("versioned_module.so", "plugins/y.so"), 0),
		CANDIDATES(NULL));
}

Test(hostsearch, what_is_no_plugin_at_all_has_no_answer_to_be_remembered) {
	struct hostfinding finding = ask(HOSTQUERY_PROGRAMS, below("plugins/none.so"), 0);

	cr_expect(!finding.is_complete);
	hostfinding_fini(&finding);
	write_file(below("plugins/text.so"), "text");
	finding = ask(HOSTQUERY_PROGRAMS, below("plugins/text.so"), 0);
	cr_expect(!finding.is_complete);
	hostfinding_fini(&finding);
}

Test(hostsearch, siblings_that_together_have_the_names_are_found) {
	const char *plugin = copy_host("plugin.so", "plugins/x.so");

	copy_host("sibling_of_others.so", "plugins/a.so");
	copy_host("sibling_of_few.so", "plugins/b.so");
	copy_host("sibling_of_few.so", "plugins/c.so");
	copy_host("program", "plugins/program");
	struct hostfinding finding = ask(HOSTQUERY_SIBLINGS, plugin, 0);
	cr_expect(finding.is_complete);
	cr_assert_eq(finding.siblings.count, 2);
	cr_expect_str_eq(finding.siblings.items[0], below("plugins/b.so"));
	cr_expect_str_eq(finding.siblings.items[1], below("plugins/a.so"));
	cr_expect(has(&finding.searched, below("plugins")));
	hostfinding_fini(&finding);
	/* Where libraries of all kinds are, they are no siblings. */
	strv_add(&libraries, below("plugins"));
	finding = ask(HOSTQUERY_SIBLINGS, plugin, 0);
	cr_expect(finding.is_complete);
	cr_expect_eq(finding.siblings.count, 0);
	hostfinding_fini(&finding);
}
