// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_FARM_PROCESS_H_
#define KSO_CLI_FARM_PROCESS_H_

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kso::cli {

// A process, told apart from a later one that got the same number.
struct ProcessId {
  pid_t pid = 0;
  // In clock ticks since the machine started (proc(5), /proc/PID/stat, field
  // 22).
  long long start_time = 0;
};

// Starts a program in a session of its own, so that it outlives this one, with
// its output appended to `log` and "/" as its directory. NOT_FOUND,
// PERMISSION_DENIED or another code of the system's error when it cannot be
// started.
absl::StatusOr<ProcessId> StartDaemon(const std::filesystem::path& program,
                                      const std::vector<std::string>& args,
                                      const std::filesystem::path& log);

// Returns whether the process still runs.
bool IsRunning(const ProcessId& process);

// Asks the process to end (SIGTERM). Does nothing when it does not run.
void Terminate(const ProcessId& process);

// The process that was noted in a file; nothing when there is no such file, or
// that process has ended.
std::optional<ProcessId> ReadPidFile(const std::filesystem::path& file);
absl::Status WritePidFile(const std::filesystem::path& file,
                          const ProcessId& process);

}  // namespace kso::cli

#endif  // KSO_CLI_FARM_PROCESS_H_
