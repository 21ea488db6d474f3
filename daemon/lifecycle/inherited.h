/* SPDX-License-Identifier: MIT */
#pragma once

/* What this process has inherited: as far as that can be taken back, nobody is judged by it,
 * whoever has started the daemon (docs/INHERITANCE.md). One implementation a platform. Non-logging.
 */

/* Takes it back, before anything else is done; what the kernel refuses stays. The working directory
 * is not among it, since options are understood by it. */
void inherited_reset(void);
