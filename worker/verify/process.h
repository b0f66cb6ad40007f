// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_VERIFY_PROCESS_H_
#define KSO_WORKER_VERIFY_PROCESS_H_

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// The absolute path of a program: in $PATH, or where system programs are, which
// not every $PATH names.
std::optional<std::string> FindProgram(std::string_view name);

struct CommandResult {
  // 128 and the signal's number when a signal ended it, as shells say.
  int exit_status = 0;
  // Output and errors, the last 64 KiB of them.
  std::string output;
};

// What a child process does before it becomes a program: only system calls,
// since it is a fork of a process with threads. False, with errno, when one
// failed; the program is not started then.
using PrepareChild = std::function<bool()>;

// Programs that are started here end with the thread that started them, and so
// with the worker, even when that is killed.

// Runs a program to its end. CANCELLED when the task is to stop: the program is
// killed then. INTERNAL when it could not be started.
absl::StatusOr<CommandResult> RunCommand(const std::vector<std::string>& argv,
                                         const TaskControl& control,
                                         const PrepareChild& prepare = {});

// A program that runs beside the worker, in a process group of its own, so that
// signals from a terminal do not reach it. Not thread safe.
class ChildProcess {
 public:
  // Output and errors go to `log`.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(
      const std::vector<std::string>& argv, const std::filesystem::path& log,
      const PrepareChild& prepare = {});
  // Kills it when it still runs.
  ~ChildProcess();

  bool Running();
  // Waits for its end.
  void Wait();
  // Once it does not run; as CommandResult says.
  int exit_status() const { return exit_status_; }

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  const pid_t pid_;
  bool ended_ = false;
  int exit_status_ = 0;
};

// A command that runs when this is destroyed, or when the worker ends, however
// it does: it cleans up what would outlive a worker that is killed.
class LastCommand {
 public:
  static absl::StatusOr<std::unique_ptr<LastCommand>> Prepare(
      const std::vector<std::string>& argv);
  // Runs it and waits for its end.
  ~LastCommand();

 private:
  LastCommand(int pipe_end, pid_t pid) : pipe_end_(pipe_end), pid_(pid) {}

  // The command waits until nobody has it open.
  const int pipe_end_;
  const pid_t pid_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_VERIFY_PROCESS_H_
