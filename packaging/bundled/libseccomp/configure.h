/* SPDX-License-Identifier: MIT */
#pragma once

/* Wanted by libseccomp's sources. The kernel's header is what tells struct seccomp_data. */
#define HAVE_LINUX_SECCOMP_H 1
