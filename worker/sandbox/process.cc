// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/status_notes.h"

namespace kso::worker {
namespace {

// A program that cannot be started is the worker's fault, whatever the reason.
absl::Status CannotStart(const absl::Status& status,
                         const PrepareChild& prepare) {
  return WithCode(
      prepare ? Prefixed(status, "cannot mount for a program, or ") : status,
      absl::StatusCode::kInternal);
}

}  // namespace

absl::StatusOr<RunResult> RunCommand(const std::vector<std::string>& argv,
                                     const TaskControl& control,
                                     const PrepareChild& prepare) {
  absl::StatusOr<RunResult> result =
      RunProgram(argv, {.keep_errors = true,
                        .stop = control.stop_token(),
                        .ends_with_thread = true,
                        .prepare = prepare});
  if (result.ok() || absl::IsCancelled(result.status())) return result;
  return CannotStart(result.status(), prepare);
}

absl::StatusOr<std::unique_ptr<Subprocess>> StartWithLog(
    const std::vector<std::string>& argv, OutputTail& log,
    const PrepareChild& prepare) {
  absl::StatusOr<Subprocess> program =
      Subprocess::Start(argv, {.output = log.write_end(),
                               .errors = log.write_end(),
                               .ends_with_thread = true,
                               .prepare = prepare});
  log.CloseWriteEnd();
  if (!program.ok()) return CannotStart(program.status(), prepare);
  return std::make_unique<Subprocess>(*std::move(program));
}

absl::StatusOr<std::unique_ptr<LastCommand>> LastCommand::Prepare(
    const std::vector<std::string>& argv) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::InternalError("cannot make a pipe");
  }
  const FileDescriptor theirs(ends[0]);
  FileDescriptor ours(ends[1]);
  // The shell reads nothing and comes to the end when the worker closes its end
  // of the pipe, or is gone.
  std::vector<std::string> command = {"/bin/sh", "-c", "read -r _; exec \"$@\"",
                                      "sh"};
  command.insert(command.end(), argv.begin(), argv.end());
  absl::StatusOr<Subprocess> program =
      Subprocess::Start(command, {.input = theirs.get()});
  if (!program.ok()) return CannotStart(program.status(), nullptr);
  return std::unique_ptr<LastCommand>(
      new LastCommand(std::move(ours), *std::move(program)));
}

LastCommand::~LastCommand() {
  pipe_end_ = FileDescriptor();
  command_.Wait();
}

}  // namespace kso::worker
