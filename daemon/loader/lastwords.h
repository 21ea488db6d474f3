/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a load child tells before its end: whose code it was that crashed, ended the process, or
 * does not end. The end itself stays what it would have been.
 */

#include <stdint.h>
#include <sys/types.h>
#include <ucontext.h>

/* Has the question of 'daemon' (LOADER_SIGNAL_HANG) answered, which it asks a child that has had
 * its time: with a report, after which the process ends. 'start_ns' is that of all reports. */
void lastwords_on_hang(uint64_t start_ns, pid_t daemon);

/* Has each signal that ends the process told of. To be called after hostcall_watch(). */
void lastwords_on_crash(void);

/* Tells of a thread that ends the process, which is not ended by this. */
void lastwords_on_exit(const ucontext_t *context);

/* Notes that from now on the library is being closed. */
void lastwords_note_closing(void);
