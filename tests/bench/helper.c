/* SPDX-License-Identifier: MIT */

/*
 * A helper of the old kind, for comparison: loads all its arguments in one process and prints one
 * JSON array. Nothing between it and what the libraries do: one that crashes takes the answers of
 * all with it, one that prints spoils them, and what is in memory answers for the next. Exit
 * status: 0 all loaded, 1 not all, 2 usage.
 */

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>

static void put_string(const char *text) {
	putchar('"');
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else if ((unsigned char)*c < 0x20)
			printf("\\u%04x", (unsigned)*c);
		else
			putchar(*c);
	}
	putchar('"');
}

static bool try_one(const char *path) {
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const char *error = NULL;

	if (!handle || dlclose(handle) != 0)
		error = dlerror();
	printf("{\"path\":");
	put_string(path);
	printf(",\"ok\":%s", error ? "false" : "true");
	if (error) {
		printf(",\"error\":");
		put_string(error);
	}
	putchar('}');
	return !error;
}

int main(int argc, char **argv) {
	bool all = true;

	if (argc < 2)
		return 2;
	putchar('[');
	for (int i = 1; i < argc; i++) {
		if (i > 1)
			putchar(',');
		all = try_one(argv[i]) && all;
	}
	puts("]");
	return all ? 0 : 1;
}
