// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RUN_PROCESS_SECRETS_H_
#define KSO_COMMON_RUN_PROCESS_SECRETS_H_

namespace kso {

// Programs that hold logins call these first in main.

// Leaves no core dump of this process, neither as a file (RLIMIT_CORE) nor to
// a program that collects them, and lets no other process of its user look into
// its memory (PR_SET_DUMPABLE). Programs that it starts may be looked into.
void KeepMemoryPrivate();

// Files that this process makes from here on are for its user alone (umask(2)),
// where nothing else is said.
void KeepFilesPrivate();

}  // namespace kso

#endif  // KSO_COMMON_RUN_PROCESS_SECRETS_H_
