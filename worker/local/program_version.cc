// SPDX-License-Identifier: Apache-2.0
#include "worker/local/program_version.h"

#include <sys/stat.h>

#include <csignal>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/run/cancellation.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

using Outcome = ProgramAnswer::Outcome;

constexpr absl::Duration kMostTime = absl::Seconds(30);
constexpr absl::Duration kLookInterval = absl::Milliseconds(10);
constexpr size_t kLongestLine = 200;
// Exit statuses above are of programs that a signal ended (runc(8)).
constexpr int kSignalled = 128;
constexpr char kLayer[] = "layer";

// Signals by which programs end that go wrong; others come from outside.
bool IsCrash(int signal) {
  switch (signal) {
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGSEGV:
    case SIGSYS:
      return true;
    default:
      return false;
  }
}

std::string LastLineOf(std::string_view text) {
  const absl::string_view trimmed =
      absl::StripTrailingAsciiWhitespace(ToAbsl(text));
  return PrintableText(ToStd(trimmed.substr(trimmed.rfind('\n') + 1)),
                       kLongestLine);
}

bool SaysWrongFormat(absl::string_view text) {
  return absl::StrContains(absl::AsciiStrToLower(text), "exec format error");
}

// The config of an image that is the program alone (OCI image spec, config.md).
std::string ConfigOf(const std::string& program,
                     const std::vector<std::string>& arguments) {
  std::vector<std::string> entrypoint = {Concat("/", program)};
  entrypoint.insert(entrypoint.end(), arguments.begin(), arguments.end());
  const Json config = {{"config", {{"Entrypoint", entrypoint}}}};
  return config.dump(-1, ' ', /*ensure_ascii=*/false,
                     Json::error_handler_t::replace);
}

// Awaits the end of a program; DEADLINE_EXCEEDED when it takes too long.
absl::Status AwaitEnd(Container& container, Clock& clock,
                      const TaskControl& control) {
  const absl::Time deadline = clock.Now() + kMostTime;
  while (container.Running()) {
    if (clock.Now() >= deadline) {
      return absl::DeadlineExceededError("it does not end");
    }
    if (!SleepFor(&clock, kLookInterval, control.stop_token())) {
      return absl::CancelledError("cancelled");
    }
  }
  return absl::OkStatus();
}

ProgramAnswer AnswerOf(Container& container) {
  ProgramAnswer answer;
  const std::string text = container.LogTail();
  answer.last_line = LastLineOf(text);
  const int status = container.exit_status();
  if (SaysWrongFormat(text) || IsCrash(status - kSignalled)) {
    answer.outcome = Outcome::kBroken;
    if (IsCrash(status - kSignalled)) {
      answer.last_line = Concat("it crashed by signal ", status - kSignalled,
                                ": ", answer.last_line);
    }
  } else if (status == 0 && text != kWroteNothing) {
    answer.outcome = Outcome::kAnswered;
  }
  return answer;
}

absl::StatusOr<ProgramAnswer> AskOnce(const ImageToRun& image,
                                      const fs::path& bundle,
                                      ContainerRuntime& runtime, Clock& clock,
                                      const TaskControl& control) {
  std::error_code error;
  if (!fs::create_directories(bundle, error)) {
    return WorkerTrouble(absl::ResourceExhaustedError(
        Concat("cannot make ", bundle.string(), ": ", error.message())));
  }
  absl::StatusOr<std::unique_ptr<Container>> container =
      runtime.Run(image, bundle, control);
  // The runtime's words for a program that cannot be begun.
  if (absl::IsFailedPrecondition(container.status())) {
    const absl::string_view said = container.status().message();
    return ProgramAnswer{.outcome = SaysWrongFormat(said) ? Outcome::kBroken
                                                          : Outcome::kNoAnswer,
                         .arguments = {},
                         .last_line = LastLineOf(ToStd(said))};
  }
  KSO_RETURN_IF_ERROR(container.status());
  const absl::Status ended = AwaitEnd(**container, clock, control);
  if (absl::IsDeadlineExceeded(ended)) {
    return ProgramAnswer{.outcome = Outcome::kNoAnswer,
                         .arguments = {},
                         .last_line = Concat("it does not end within ",
                                             absl::FormatDuration(kMostTime))};
  }
  KSO_RETURN_IF_ERROR(ended);
  return AnswerOf(**container);
}

}  // namespace

absl::StatusOr<ProgramAnswer> AskVersion(const fs::path& file,
                                         const fs::path& directory,
                                         ContainerRuntime& runtime,
                                         Clock& clock,
                                         const TaskControl& control) {
  const std::string name = file.filename().string();
  std::error_code error;
  fs::create_directories(directory / kLayer, error);
  // The image's users may enter it, though not the directories above.
  ::chmod((directory / kLayer).c_str(), 0755);
  if (!error) fs::copy_file(file, directory / kLayer / name, error);
  if (error) {
    return WorkerTrouble(absl::ResourceExhaustedError(
        Concat("cannot copy a program to ", directory.string(), ": ",
               error.message())));
  }
  ::chmod((directory / kLayer / name).c_str(), 0755);

  ImageToRun image;
  image.root = {.directory = directory, .layers = {{.name = kLayer}}};
  ProgramAnswer answer;
  int number = 0;
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--version"},
        {"version"},
        {"version", "--client"}}) {
    image.config = ConfigOf(name, arguments);
    const fs::path bundle =
        directory / Concat(directory.filename().string(), "-", ++number);
    KSO_ASSIGN_OR_RETURN(answer,
                         AskOnce(image, bundle, runtime, clock, control));
    answer.arguments = absl::StrJoin(arguments, " ");
    if (answer.outcome != Outcome::kNoAnswer) break;
  }
  return answer;
}

}  // namespace kso::worker
