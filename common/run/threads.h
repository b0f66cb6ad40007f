// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RUN_THREADS_H_
#define KSO_COMMON_RUN_THREADS_H_

#include <string_view>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

namespace kso {

// Starts a thread that runs `body`. The constructor of std::thread throws where
// the system starts no more of them, as under a limit on processes (setrlimit,
// RLIMIT_NPROC; cgroups, pids.max); this returns that as a lack of memory
// (status_notes.h), whose words say what to raise.
absl::StatusOr<std::thread> StartThread(absl::AnyInvocable<void()> body);

// The same for a thread without which the program cannot do anything: where it
// cannot be started, the program says so on stderr and ends with status 1.
std::thread StartThreadOrExit(std::string_view what,
                              absl::AnyInvocable<void()> body);

}  // namespace kso

#endif  // KSO_COMMON_RUN_THREADS_H_
