// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_PROCESS_LIMITS_H_
#define KSO_WORKER_SANDBOX_PROCESS_LIMITS_H_

namespace kso::worker {

// Limits what the calling process, and each that it starts, may take of this
// machine (setrlimit(2)): 1,024 processes of its user, of which root of this
// machine is not counted; 4 GiB of its own memory, which is not what it has
// reserved, as Go and emulators do; 4,096 files, of 256 MiB at most; no core
// dump. Limits that are lower stay. For a child between fork and exec: only
// system calls. False, with errno, when one failed.
bool LimitProcess();

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_PROCESS_LIMITS_H_
