/* SPDX-License-Identifier: MIT */
#pragma once

/* Wanted by libevent's sources; _GNU_SOURCE, which it is there for, is the build's. */
