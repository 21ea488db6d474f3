/* SPDX-License-Identifier: MIT */
/*
 * Asks tsuku-dltestd which shared libraries load. Of Varlink that takes no more than this: a
 * message is a JSON object, for which cJSON is here, and a NUL byte.
 */
#define _GNU_SOURCE
#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* How the program ends, as tsuku-dltest does; of several, the greatest. */
enum {
	LOADS,
	DOES_NOT_LOAD,
	USAGE,
	NO_VERDICT
};

/* Connects to the daemon, whose address that is then; -1, and errno is set, if it is not there. */
static int dial(struct sockaddr_un *address) {
	const char *path = getenv("TSUKU_DLTEST_SOCKET"), *tsuku = getenv("TSUKU_HOME");
	const char *home = getenv("HOME");
	/* It says something every 4 s when it is called with 'more'. */
	struct timeval patience = {.tv_sec = 12};
	size_t size = sizeof(address->sun_path);
	int r;
	if (path && *path)
		r = snprintf(address->sun_path, size, "%s", path);
	else if (tsuku && *tsuku)
		r = snprintf(address->sun_path, size, "%s/dltest.sock", tsuku);
	else
		r = snprintf(address->sun_path, size, "%s/.tsuku/dltest.sock", home ? home : "");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && (size_t)r >= size)
		errno = ENAMETOOLONG;
	else if (fd >= 0 && connect(fd, (struct sockaddr *)address, sizeof(*address)) == 0 &&
		 setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0)
		return fd;
	return -1;
}

/* Sends the call. The daemon wants absolute paths. */
static bool send_call(int fd, char **paths) {
	char *directory = getcwd(NULL, 0);
	cJSON *call = cJSON_CreateObject();
	cJSON_AddStringToObject(call, "method", "dev.tsuku.DlTest.Verify");
	cJSON_AddTrueToObject(call, "more");
	cJSON *list = cJSON_AddArrayToObject(cJSON_AddObjectToObject(call, "parameters"), "paths");
	for (; directory && *paths; paths++) {
		bool absolute = **paths == '/';
		char *path = NULL;
		if (asprintf(&path, "%s%s%s", absolute ? "" : directory, absolute ? "" : "/",
			    *paths) > 0)
			cJSON_AddItemToArray(list, cJSON_CreateString(path));
		free(path);
	}
	char *message = cJSON_PrintUnformatted(call);
	bool sent = message && dprintf(fd, "%s%c", message, '\0') > 0;
	cJSON_free(message);
	cJSON_Delete(call);
	free(directory);
	return sent;
}

/* A string of an object; "" if it has none. */
static const char *text(const cJSON *object, const char *name) {
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
	return value ? value : "";
}

/* A line for a result. New daemons have new reasons: any is a no, but for no_verdict. */
static int print_result(const cJSON *result) {
	const char *path = text(result, "path"), *reason = text(result, "reason");
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(result, "ok"))) {
		printf("%s: loads\n", path);
		return LOADS;
	}
	printf("%s: %s: %s\n", path, reason, text(result, "error"));
	return strcmp(reason, "no_verdict") == 0 ? NO_VERDICT : DOES_NOT_LOAD;
}

/* A reply has results, or an error, which is about the whole call. */
static int print_reply(const cJSON *reply) {
	const char *error = text(reply, "error");
	const cJSON *parameters = cJSON_GetObjectItemCaseSensitive(reply, "parameters"), *result;
	const cJSON *results = cJSON_GetObjectItemCaseSensitive(parameters, "results");
	int status = cJSON_IsArray(results) ? LOADS : NO_VERDICT;
	if (strcmp(error, "dev.tsuku.DlTest.Busy") == 0)
		fprintf(stderr, "ask: the daemon is busy, try again in a moment\n");
	else if (status == NO_VERDICT)
		fprintf(stderr, "ask: %s: %s%s\n", *error ? error : "that was no reply",
			text(parameters, "message"), text(parameters, "parameter"));
	cJSON_ArrayForEach (result, results) {
		int one = print_result(result);
		status = one > status ? one : status;
	}
	return status;
}

int main(int argc, char **argv) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (argc < 2) {
		fprintf(stderr, "Usage: ask LIBRARY...\n");
		return USAGE;
	}
	int fd = dial(&address);
	if (fd < 0) {
		fprintf(stderr, "ask: no daemon at %s (%s): 'tsuku-dltest LIBRARY' starts one\n",
			address.sun_path, strerror(errno));
		return NO_VERDICT;
	}
	signal(SIGPIPE, SIG_IGN);
	FILE *stream = send_call(fd, argv + 1) ? fdopen(fd, "r") : NULL;
	char *message = NULL;
	size_t size = 0;
	int status = LOADS;
	for (bool more = true; more;) {
		if (!stream || getdelim(&message, &size, '\0', stream) < 0) {
			fprintf(stderr, "ask: the daemon has hung up, or says nothing\n");
			return NO_VERDICT;
		}
		cJSON *reply = cJSON_Parse(message);
		int one = print_reply(reply);
		status = one > status ? one : status;
		more = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(reply, "continues"));
		cJSON_Delete(reply);
	}
	return status;
}
