// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_PROCESS_H_
#define KSO_WORKER_SANDBOX_PROCESS_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/files/file_io.h"
#include "common/run/subprocess.h"
#include "worker/sandbox/output_tail.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// Programs that verification needs. Those that the two functions start end with
// the thread that started them, and so with the worker, even when that is
// killed.

// SubprocessOptions::prepare: enters the mounts that a program is to see.
using PrepareChild = std::function<bool()>;

// Runs a program to its end; the output is that of standard error too.
// CANCELLED when the task is to stop: the program is killed then. INTERNAL when
// it could not be started.
absl::StatusOr<RunResult> RunCommand(const std::vector<std::string>& argv,
                                     const TaskControl& control,
                                     const PrepareChild& prepare = nullptr);

// Starts a program beside the worker. Its output and errors go to `log`, whose
// end for programs is closed then.
absl::StatusOr<std::unique_ptr<Subprocess>> StartWithLog(
    const std::vector<std::string>& argv, OutputTail& log,
    const PrepareChild& prepare = nullptr);

// A command that runs when this is destroyed, or when the worker ends, however
// it does: it cleans up what would outlive a worker that is killed.
class LastCommand {
 public:
  static absl::StatusOr<std::unique_ptr<LastCommand>> Prepare(
      const std::vector<std::string>& argv);
  // Runs it and waits for its end.
  ~LastCommand();

 private:
  LastCommand(FileDescriptor pipe_end, Subprocess command)
      : pipe_end_(std::move(pipe_end)), command_(std::move(command)) {}

  // The command waits until nobody has this end of its pipe open.
  FileDescriptor pipe_end_;
  Subprocess command_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_PROCESS_H_
