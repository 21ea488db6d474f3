/* SPDX-License-Identifier: MIT */
#include "hostmatch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static struct hostfile open_plugin(const char *name) {
	struct hostfile file;
	struct stat status;
	char path[4096];

	snprintf(path, sizeof(path), "%s/hosts/%s", getenv("DLTEST_FIXTURES"), name);
	cr_assert_eq(stat(path, &status), 0, "%s", path);
	cr_assert_eq(hostfile_init(path, &status, &file), 0);
	cr_assert(file.is_native);
	return file;
}

/* The host of a plugin that lacks these names; "" for none. */
static const char *match(const char *plugin, const char *const *lacked) {
	const struct host *hosts[HOSTMATCH_MAX];
	struct hostfile file = open_plugin(plugin);
	struct strv names = {0};

	for (; *lacked; lacked++)
		strv_add(&names, *lacked);
	size_t count = hostmatch_find(&file, &names, hosts);
	strv_fini(&names);
	hostfile_fini(&file);
	cr_assert_leq(count, HOSTMATCH_MAX);
	return count > 0 ? hosts[0]->name : "";
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

Test(hostmatch, an_entry_and_the_family_tell) {
	cr_expect_str_eq(match("Pg_magic_func.so", NAMES("anything")), "PostgreSQL");
	cr_expect_str_eq(match("PyInit_x.so", NAMES("PyList_New")), "Python");
	cr_expect_str_eq(match("PyInit_x.so", NAMES("PyPyList_New")), "PyPy");
	cr_expect_str_eq(match("PyInit_x.so", NAMES("deflate", "inflate")), "");
	cr_expect_str_eq(match("plugin.so", NAMES("PyList_New")), "");
}

Test(hostmatch, the_family_tells_hosts_with_the_same_entry) {
	cr_expect_str_eq(match("demo_module.so", NAMES("ap_log_error")), "Apache");
	cr_expect_str_eq(match("demo_module.so", NAMES("pr_log_pri", "palloc")), "ProFTPD");
	cr_expect_str_eq(match("demo_module.so", NAMES("sqrt")), "");
}

Test(hostmatch, half_of_the_names_or_three_have_to_be_of_the_family) {
	cr_expect_str_eq(match("demo_module.so", NAMES("ap_a", "x")), "Apache");
	cr_expect_str_eq(match("demo_module.so", NAMES("ap_a", "x", "y")), "");
	cr_expect_str_eq(
		match("demo_module.so", NAMES("ap_a", "ap_b", "ap_c", "v", "w", "x", "y", "z")),
		"Apache");
}

Test(hostmatch, a_name_that_is_lacked_may_be_the_entry) {
	cr_expect_str_eq(match("plugin.so", NAMES("napi_module_register")), "Node");
}

Test(hostmatch, what_others_are_linked_with_is_no_plugin) {
	cr_expect_str_eq(match("versioned_module.so", NAMES("ap_log_error")), "");
}

Test(hostmatch, of_what_a_plugin_of_a_plugin_lacks_one_name_is_enough) {
	const struct host *hosts[HOSTMATCH_MAX];
	struct hostfile file = open_plugin("boot_nginx.so");
	struct strv names = {0};

	strv_add(&names, "Perl_a");
	strv_add(&names, "Perl_b");
	cr_expect_eq(hostmatch_find(&file, &names, hosts), 1);
	strv_add(&names, "Perl_c");
	strv_add(&names, "ngx_a");
	cr_assert_eq(hostmatch_find(&file, &names, hosts), 2);
	cr_expect_str_eq(hosts[0]->name, "Perl");
	cr_expect_null(hosts[0]->via);
	cr_expect_str_eq(hosts[1]->name, "nginx");
	cr_expect_not_null(hosts[1]->via);
	strv_fini(&names);
	hostfile_fini(&file);
}

/* The host of a library in a package that lacks these names; "" for none. */
static const char *match_package(const char *const *lacked, bool *ret_is_all) {
	struct strv names = {0};

	for (; *lacked; lacked++)
		strv_add(&names, *lacked);
	const struct host *host = hostmatch_package(&names, ret_is_all);
	strv_fini(&names);
	return host ? host->name : "";
}

Test(hostmatch, a_library_of_a_package_lacks_nothing_but_its_hosts_names) {
	bool is_all = false;

	cr_expect_str_eq(match_package(NAMES("PyList_New", "_Py_A"), &is_all), "Python");
	cr_expect(is_all);
	cr_expect_str_eq(match_package(NAMES("PyPyList_New"), &is_all), "PyPy");
	cr_expect_str_eq(match_package(NAMES("PyList_New", "sqrt"), &is_all), "");
	cr_expect_str_eq(match_package(NAMES("Py1", "Py2", "Py3", "Py4", "Py5", "Py6", "Py7", "Py8",
					       "Py9", "sqrt"),
				 &is_all),
		"Python");
	cr_expect(!is_all);
	cr_expect_str_eq(match_package(NAMES("Perl_a"), &is_all), "");
}

Test(hostmatch, an_extension_of_python_says_that_it_is_one) {
	struct hostfile python = open_plugin("PyInit_x.so"), other = open_plugin("demo_module.so");

	cr_expect(hostmatch_is_certain(&python));
	cr_expect(!hostmatch_is_certain(&other));
	hostfile_fini(&python);
	hostfile_fini(&other);
}

Test(hostmatch, programs_have_names_for_people) {
	cr_expect_str_eq(hostmatch_program("mariadbd")->name, "MariaDB or MySQL");
	cr_expect_str_eq(hostmatch_program("php8.2")->name, "PHP");
	cr_expect_null(hostmatch_program("dltest-program"));
}

static const char *version_of(const char *path) {
	static char version[16];
	const struct host *python = hostmatch_program("python3");

	cr_assert(hostmatch_version(python, path, version, sizeof(version)));
	return version;
}

Test(hostmatch, an_extension_says_its_version) {
	char version[16];

	cr_expect_str_eq(version_of("/a/x.cpython-311-x86_64-linux-gnu.so"), "3.11");
	cr_expect_str_eq(version_of("/a/x.cpython-39-x86_64-linux-gnu.so"), "3.9");
	cr_expect_str_eq(version_of("/a/x.cpython-313t-x86_64-linux-gnu.so"), "3.13t");
	cr_expect_str_eq(version_of("/a/x.abi3.so"), "");
	cr_expect_str_eq(version_of("/a.cpython-311-/x.so"), "");
	cr_expect_str_eq(version_of("x.cpython-.so"), "");
	cr_expect(!hostmatch_version(
		hostmatch_program("perl"), "x.cpython-311.so", version, sizeof(version)));
}
