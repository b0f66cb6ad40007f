// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_LOCAL_PROGRAM_VERSION_H_
#define KSO_WORKER_LOCAL_PROGRAM_VERSION_H_

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "common/run/clock.h"
#include "worker/sandbox/container.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// The answer of a program that was asked for its version.
struct ProgramAnswer {
  enum class Outcome {
    // It said something, and ended well.
    kAnswered,
    // It runs, and does not say its version in any of the ways that it was
    // asked; or this machine lacks what it is linked with.
    kNoAnswer,
    // It is not for the processor that runs it, or crashed.
    kBroken,
  };
  Outcome outcome = Outcome::kNoAnswer;
  // The arguments of the last try: "--version".
  std::string arguments;
  // The last line that it wrote, or what became of it; for people.
  std::string last_line;
};

// Runs the program at `file` by itself in a container of `runtime`, with
// "--version", then "version", then "version --client", until one of them gives
// an answer. Each may take 30 s; of what it writes the end is kept.
// `directory`, which is there and empty, is used for the containers. An error
// is this machine's.
absl::StatusOr<ProgramAnswer> AskVersion(const std::filesystem::path& file,
                                         const std::filesystem::path& directory,
                                         ContainerRuntime& runtime,
                                         Clock& clock,
                                         const TaskControl& control);

}  // namespace kso::worker

#endif  // KSO_WORKER_LOCAL_PROGRAM_VERSION_H_
