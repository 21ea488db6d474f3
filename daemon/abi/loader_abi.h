/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What daemon and loader say to each other. Both come from one build and run on one machine, so
 * records are plain structs of fixed-width fields; LOADER_ABI_VERSION tells a stray loader.
 *
 *   control socket  daemon -> zygote   loader_command, with descriptors by SCM_RIGHTS
 *                   zygote -> daemon   loader_event
 *   channel         daemon -> child    loader_job, then its strings
 *                   child  -> daemon   loader_hello, then one or two loader_report, each with its
 *                                      strings; with preloads others of LOADER_STAGE_BEGUN
 *
 * Everything that comes from the loader's side is hostile once a library has been loaded there.
 */

#include <stdint.h>

#define LOADER_ABI_VERSION  14
#define LOADER_MAGIC_SETUP  0x64747331u
#define LOADER_MAGIC_HELLO  0x64746831u
#define LOADER_MAGIC_JOB    0x64746a31u
#define LOADER_MAGIC_REPORT 0x64747231u

/* Descriptors that come with a command at most. */
#define LOADER_COMMAND_FDS_MAX 4

/* Descriptors the zygote is started with. 0 to 2 are /dev/null. */
#define LOADER_FD_CONTROL 3
#define LOADER_FD_SETUP	  4

/* The descriptor of its channel in a load child; 1 and 2 are the output pipe there. */
#define LOADER_FD_CHANNEL 3

/* Exit statuses of the loader's own. Anything else is the doing of the library's code; so is
 * REPORTED without a report, and another one of these once the job has been read. */
#define LOADER_EXIT_REPORTED   64 /* the last report says how it went */
#define LOADER_EXIT_NO_JOB     65 /* the channel was closed before a job came */
#define LOADER_EXIT_CONFINE    66 /* the child's own confinement could not be set up */
#define LOADER_EXIT_PROTOCOL   67 /* a record made no sense */
#define LOADER_EXIT_SETUP      68 /* zygote: the set-up made no sense */
#define LOADER_EXIT_EXECUTE    70 /* a trace: the dynamic linker could not be executed */
#define LOADER_EXIT_NO_CHANNEL 69 /* the library's code closed the channel */
#define LOADER_EXIT_NO_ROOM    71 /* as CONFINE, but for want of a descriptor or memory */

/* Instruction operands of the child's seccomp program to be replaced by its process id. */
#define LOADER_PID_PLACEHOLDER 0x7e57f11du

/* First argument of a child's own setsid(2). The system call has none, but the filter sees the
 * register, so that it lets this one through and has a library's own refused and recorded. */
#define LOADER_SETSID_TOKEN 0x5e55101du

/* The last argument, which they do not have, of the system calls that a child makes for those that
 * it is to explain (loader/trapped.h), and the fourth of the one that has them come to it. */
#define LOADER_TRAP_TOKEN 0x2e57de57

/* What asks a child that has had its time whose code it is in. Of the signals that are nobody's,
 * one that few libraries use. */
#define LOADER_SIGNAL_HANG 62

/* The placeholder, in the base filter, of the token that lets a child put itself on its processor:
 * the fourth argument of sched_setaffinity(2), which takes three. The daemon draws the token
 * (struct sandbox), since a library that knew it could have all processors. */
#define LOADER_AFFINITY_PLACEHOLDER UINT64_C(0x7e57f11f7e57f11e)

/* The ioctl(2) that asks /proc/self/maps about one address (PROCMAP_QUERY, uapi/linux/fs.h). */
#define LOADER_PROCMAP_QUERY 0xc0686611u

/* RLIMIT_NOFILE of the zygote, which holds a descriptor a rule, and of a load child. No library
 * was seen to open more than 12 while loading. */
#define LOADER_ZYGOTE_NOFILE (LOADER_RULES_MAX + 64)
#define LOADER_CHILD_NOFILE  64

/* Bounds that the reader of each record enforces. Of rules and roots a request may bring 130, and
 * the system as many as its configuration names. */
#define LOADER_RULES_MAX    1024
#define LOADER_ROOTS_MAX    1024
#define LOADER_FILTER_MAX   4096
#define LOADER_PRELOAD_MAX  96
#define LOADER_JOB_TEXT_MAX ((LOADER_PRELOAD_MAX + 1) * 4096)
#define LOADER_NAMES_MAX    (4 * 1024 * 1024)
#define LOADER_TEXT_MAX	    (32 * 1024)
#define LOADER_FACTS_MAX    (128 * 1024)
#define LOADER_WARNINGS_MAX 24
#define LOADER_WARNING_MAX  1200 /* with its NUL */

/*
 * The set-up, from the pipe or file at LOADER_FD_SETUP, to its end:
 *   loader_setup
 *   filter_count * struct sock_filter   a child's seccomp program; none: it has none of its own
 *   trace_filter_count * …              the same for a child that traces
 *   rules                               rules_count times: loader_rule, path, NUL
 *   roots                               roots_count times: path, NUL
 * The rules are those of the child's Landlock layer; landlock_fs is 0 where there is none.
 */
struct loader_setup {
	uint32_t magic;
	uint32_t version;
	uint32_t daemon_pid;
	uint32_t cpu_seconds; /* RLIMIT_CPU of a load child */
	uint64_t landlock_fs;
	uint64_t landlock_net;
	uint64_t landlock_scoped;
	uint64_t landlock_proc; /* rights below the child's own /proc directory */
	uint32_t landlock_flags;
	uint32_t landlock_attr_size; /* bytes of landlock_ruleset_attr the kernel knows */
	uint32_t filter_count;
	uint32_t trace_filter_count;
	uint32_t rules_count;
	uint32_t rules_size;
	uint32_t roots_count;
	uint32_t roots_size;
	uint32_t libs_root; /* 1 + the index in the roots of $TSUKU_HOME/libs; 0: not among them */
	uint32_t unused;
	uint64_t affinity_token; /* wiped by each child when it has used it */
};

struct loader_rule {
	uint64_t access;
};

enum loader_command_kind {
	LOADER_COMMAND_FORK =
		1, /* descriptors: the child's channel, and its output pipe if it has one */
	/* LOADER_COMMAND_FORK for a child that executes the dynamic linker in its trace mode: its
	 * job's path is that of the dynamic linker, its preloads are the library and what is to be
	 * loaded before that. */
	LOADER_COMMAND_TRACE,
	/* LOADER_COMMAND_FORK for a load with a host stood in for. Its descriptors: channel,
	 * output, names, and the host's program unless that could not be opened. The names are
	 * texts with their NULs: path of the program; path of the stand-in; why the program could
	 * not be opened, or nothing; then of each symbol that the library wants its name and its
	 * version, which may be empty. At most LOADER_NAMES_MAX bytes. */
	LOADER_COMMAND_HOST,
};

struct loader_command {
	uint32_t kind;
	uint32_t id; /* the daemon's name for the child */
	int32_t cpu; /* processor to stay on; -1 for any */
	uint32_t unused;
};

/* What a child writes to its channel first: who it is. Nobody waits for the record, which is read
 * when the process id is needed. */
struct loader_hello {
	uint32_t magic;
	int32_t pid;
};

enum loader_event_kind {
	LOADER_EVENT_READY = 1,	 /* the zygote reads commands */
	LOADER_EVENT_NOT_FORKED, /* id, value is an errno */
	LOADER_EVENT_EXITED,	 /* id, pid, value is a wait status */
	LOADER_EVENT_FAILED,	 /* before the loader ran: id is a confine_step, value an errno */
	LOADER_EVENT_LISTENER,	 /* before the loader ran: with the listener of its filter */
	LOADER_EVENT_NO_SETUP,	 /* before READY: value is the errno it could not be read for */
	LOADER_EVENT_CHECK, /* instead of the loader: id is an act of selftest.h, value its errno */
};

struct loader_event {
	uint32_t kind;
	uint32_t id;
	uint32_t cpu_us; /* of EXITED: the processor time that the child has had */
	int32_t value;
};

#define LOADER_JOB_LAZY	   (1u << 0)
#define LOADER_JOB_DRY_RUN (1u << 1)
#define LOADER_JOB_FACTS   (1u << 2) /* the reports shall carry facts about objects and search */
#define LOADER_JOB_LATENT  (1u << 3) /* the facts shall tell of trouble that did not show, too */
/* Not about the library: whether, once it has been loaded, one of the names among the preloads
 * loads as well. Reports OPENED when the library did, then CLOSED for the names, with the facts
 * that came with them. */
#define LOADER_JOB_SOFT_NEED (1u << 4)

#define LOADER_JOB_VERSIONS (1u << 5) /* tell the versions that the library defines */
/* Load nothing, but look through the library's package for what it lacks: what would be preloads
 * are texts, each with a letter of enum loader_survey before it. Reports CHECKED. */
#define LOADER_JOB_SURVEY (1u << 6)

/* The load is made once more, to find out what it ends of: who crashes, or ends the process, and
 * which files the sandbox alone does not let it read. */
#define LOADER_JOB_EXPLAIN (1u << 7)

enum loader_survey {
	LOADER_SURVEY_DIRECTORY = 'd', /* a directory that belongs to the package */
	LOADER_SURVEY_TREE = 't',   /* one with all that is below it, listed after those before */
	LOADER_SURVEY_NAME = 'n',   /* what the library lacks, as its DT_NEEDED have it */
	LOADER_SURVEY_SYMBOL = 's', /* a symbol that it lacks */
};

/*
 * Followed by text_size bytes: the path, then the preloads, which are to be loaded before it, each
 * with its NUL. A preload without a slash is a SONAME that the dynamic linker looks for, and that
 * may be missing; with LOADER_JOB_SOFT_NEED it is a name to be tried after the library. The first
 * 'companions' of the preloads are paths in the library's own package that its host would have
 * loaded: they may need one another in any order, nobody else sees their symbols, and what they
 * lack the library lacks. With LOADER_COMMAND_HOST they are plugins of the same host, and all see
 * their symbols.
 */
struct loader_job {
	uint32_t magic;
	uint32_t flags;
	uint32_t preload_count;
	uint32_t text_size;
	uint32_t companions;
	uint32_t unused;
};

enum loader_stage {
	LOADER_STAGE_CHECKED = 1, /* the path and the file; final, nothing was loaded */
	LOADER_STAGE_OPENED,	  /* dlopen(); final unless it worked */
	LOADER_STAGE_CLOSED,	  /* dlclose(); final */
	/* Nothing went well or badly: the next report, or the end, is about 'about'. Sent before
	 * each preload that has a slash is opened, and after the last. */
	LOADER_STAGE_BEGUN,
	/* The same, of the host: 'about' is an enum loader_host_about. */
	LOADER_STAGE_HOST,
	/* The same: a function of the host was called, whose name is the text. Sent once. */
	LOADER_STAGE_CALLED,
	/* The same: whose code it was that ends the process, or does not end. The text is four,
	 * each with its NUL: path of the object; place in it; what it was, or nothing; the code
	 * there, in hexadecimal. Sent once. */
	LOADER_STAGE_CULPRIT,
	/* The same: what the sandbox did not let it do, and the daemon does not know. Its time is
	 * CLOCK_MONOTONIC's own. */
	LOADER_STAGE_REFUSED,
	LOADER_STAGE_COUNT_
};

enum loader_host_about {
	LOADER_HOST_GIVEN, /* text: how many symbols are stood in for, how many of them are data */
	LOADER_HOST_LIBRARIES, /* its libraries are about to be opened */
	LOADER_HOST_READY,     /* that was done */
	LOADER_HOST_COUNT_
};

/*
 * Followed by text_size bytes of an error text and facts_size bytes of facts
 * (dltest/fact.h).
 * 'reason' is one of enum dltest_reason: DLTEST_REASON_NONE when the stage went well,
 * DLTEST_REASON_LOAD_ERROR when the text is the dynamic linker's.
 */
struct loader_report {
	uint32_t magic;
	uint32_t stage;
	uint32_t reason;
	uint32_t text_size;
	uint32_t facts_size;
	uint32_t about;	      /* LOADER_STAGE_BEGUN: a preload, from 1; 0: the library */
	uint64_t duration_ns; /* since the job was read */
};
