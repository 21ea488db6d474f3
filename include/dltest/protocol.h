/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The numbers and names that the client and the daemon must agree on. The messages themselves are
 * defined by dev.tsuku.DlTest.varlink beside this file; the framing by UAPI.20 "Varlink IPC":
 * one JSON object, then one NUL byte.
 */

#include <stdint.h>

#define DLTEST_INTERFACE	"dev.tsuku.DlTest"
#define DLTEST_METHOD_VERIFY	DLTEST_INTERFACE ".Verify"
#define DLTEST_METHOD_STATUS	DLTEST_INTERFACE ".Status"
#define DLTEST_METHOD_STOP	DLTEST_INTERFACE ".Stop"
#define DLTEST_ERROR_BUSY	DLTEST_INTERFACE ".Busy"
#define DLTEST_ERROR_TOO_LARGE	DLTEST_INTERFACE ".ReplyTooLarge"
#define DLTEST_ERROR_NO_SANDBOX DLTEST_INTERFACE ".SandboxUnavailable"
#define DLTEST_ERROR_SHUTTING	DLTEST_INTERFACE ".ShuttingDown"
#define DLTEST_ERROR_ELSEWHERE	DLTEST_INTERFACE ".OtherNamespace"
#define DLTEST_ERROR_STANDING	DLTEST_INTERFACE ".OtherStanding"
#define DLTEST_ERROR_NO_LIBC	DLTEST_INTERFACE ".NoCLibrary"
#define DLTEST_VARLINK_SERVICE	"org.varlink.service"

/* Name of the inherited socket (UAPI.20, socket activation) and of the inherited lock file. */
#define DLTEST_FDNAME_SOCKET "varlink"
#define DLTEST_FDNAME_LOCK   "lock"

/* Bytes of one request, without its NUL. A longer one closes the connection. */
#define DLTEST_REQUEST_MAX (1024 * 1024)
/* Bytes of one reply; what systemd's varlink client can take (VARLINK_BUFFER_MAX, systemd 257). */
#define DLTEST_REPLY_MAX (16 * 1024 * 1024)
/* Paths in one call. */
#define DLTEST_PATHS_MAX 4096
/* Bytes of a path, with its NUL: PATH_MAX of <linux/limits.h>. */
#define DLTEST_PATH_MAX 4096
/* Elements of library_path, roots and preload. */
#define DLTEST_LIST_MAX 64
/* Elements of hosts. */
#define DLTEST_HOSTS_MAX 8
/* Elements of homes. */
#define DLTEST_HOMES_MAX 4
/* Bytes of all elements of library_path together, each with its separator: they go to the loader in
 * one variable, which has 128 KiB with its name (MAX_ARG_STRLEN, execve(2)), after
 * $TSUKU_HOME/libs. */
#define DLTEST_LIBRARY_PATH_SIZE_MAX (120 * 1024)
/* Bytes of all elements of preload together, each with its NUL: they go to a load child in one
 * write, of which a socket takes 208 KiB (net.core.wmem_default), and to a trace in one variable.
 */
#define DLTEST_PRELOAD_SIZE_MAX (64 * 1024)
/* Clients connected at a time. */
#define DLTEST_CONNECTIONS_MAX 256
/* Further ones, as long as they have said nothing; fewer where the daemon has few descriptors. */
#define DLTEST_CONNECTIONS_SILENT_MAX 1024
/* Verify calls being answered at a time. */
#define DLTEST_CALLS_MAX 128
/* Depth of nesting in a request. */
#define DLTEST_NESTING_MAX 32

/* Milliseconds allowed for one library. */
#define DLTEST_TIMEOUT_MS     3000
#define DLTEST_TIMEOUT_MIN_MS 1
#define DLTEST_TIMEOUT_MAX_MS 600000
/* Milliseconds in which a client takes its answers. */
#define DLTEST_WITHIN_MIN_MS 1
#define DLTEST_WITHIN_MAX_MS 86400000

/* Bytes of memory that a load may really have; address space is not counted. */
#define DLTEST_MEMORY_MAX (UINT64_C(2) << 30)
/* Threads of a load. */
#define DLTEST_THREADS_MAX 1024

/* Milliseconds after which a call with 'more' is told that there is nothing to tell, and after
 * which a daemon that has not even said that is not well. */
#define DLTEST_BEAT_MS	  4000
#define DLTEST_SILENCE_MS 12000

/* Bytes of what a library printed that a result carries. */
#define DLTEST_OUTPUT_MAX 4096
