#include <unistd.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "nlohmann/json.hpp"
#include "worker/task/failure.h"
#include "worker/verify/container.h"
#include "worker/verify/oci_layout.h"
#include "worker/verify/process.h"
#include "worker/verify/runtime_spec.h"

namespace kso::worker {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(60);
constexpr absl::Duration kLookInterval = absl::Milliseconds(50);
constexpr std::streamoff kLogTailBytes = 2000;

std::string ReadFile(const std::filesystem::path& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

std::string Trimmed(std::string_view text) {
  return std::string(absl::StripAsciiWhitespace(ToAbsl(text)));
}

// What a program of the runtime said when it failed: the image's trouble,
// unless the disk was full.
absl::Status FailureOf(const std::string& text) {
  if (absl::StrContains(absl::AsciiStrToLower(text), "no space left")) {
    return About(WorkerTrouble(absl::ResourceExhaustedError(text)), "", "",
                 "give the worker's --cache-dir more space");
  }
  return absl::FailedPreconditionError(text);
}

struct Runc {
  std::string program;
  std::filesystem::path root;

  std::vector<std::string> Command(std::vector<std::string> arguments) const {
    std::vector<std::string> argv = {program, "--root", root.string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return argv;
  }

  void Delete(const std::string& id) const {
    // Cleaning up goes on when the task was cancelled.
    const TaskControl uncancelled;
    (void)RunCommand(Command({"delete", "--force", id}), uncancelled);
  }

  // The first process, once it runs the image's program.
  std::optional<pid_t> RunningPid(const std::string& id) const {
    const TaskControl uncancelled;
    const auto state = RunCommand(Command({"state", id}), uncancelled);
    if (!state.ok() || state->exit_status != 0) return std::nullopt;
    const auto parsed = nlohmann::json::parse(state->output, nullptr, false);
    if (!parsed.is_object() || parsed.value("status", "") != "running") {
      return std::nullopt;
    }
    const int pid = parsed.value("pid", 0);
    if (pid <= 0) return std::nullopt;
    return pid;
  }
};

class RuncContainer : public Container {
 public:
  RuncContainer(const Runc* runc, std::string id, std::filesystem::path log,
                std::unique_ptr<LastCommand> deletion,
                std::unique_ptr<ChildProcess> child)
      : runc_(runc),
        id_(std::move(id)),
        log_(std::move(log)),
        deletion_(std::move(deletion)),
        child_(std::move(child)) {}

  ~RuncContainer() override {
    deletion_.reset();
    // Without its container it ends, or is killed by its destructor; then, what
    // it may have made in between goes too.
    child_.reset();
    runc_->Delete(id_);
  }

  // Waits until the image's program runs.
  absl::Status AwaitStart(const TaskControl& control) {
    Clock* const clock = Clock::Real();
    const absl::Time deadline = clock->Now() + kStartTimeout;
    while (clock->Now() < deadline) {
      if (const auto pid = runc_->RunningPid(id_)) {
        pid_ = *pid;
        return absl::OkStatus();
      }
      if (!Running()) {
        return FailureOf(Concat("the image does not start (exit status ",
                                child_->exit_status(), "): ", LogTail()));
      }
      if (!SleepFor(clock, kLookInterval, control.CancelledFunction())) {
        return absl::CancelledError("cancelled");
      }
    }
    return absl::UnavailableError("runc did not start the image in time");
  }

  pid_t pid() const override { return pid_; }
  bool Running() override { return child_->Running(); }

  std::string LogTail() const override {
    std::ifstream stream(log_, std::ios::binary | std::ios::ate);
    const std::streamoff size = stream.tellg();
    if (size <= 0) return "it wrote nothing";
    stream.seekg(size > kLogTailBytes ? size - kLogTailBytes : 0);
    std::ostringstream tail;
    tail << stream.rdbuf();
    return Trimmed(tail.str());
  }

 private:
  const Runc* const runc_;
  const std::string id_;
  const std::filesystem::path log_;
  // The image's program is not a child of the worker and would outlive it.
  std::unique_ptr<LastCommand> deletion_;
  std::unique_ptr<ChildProcess> child_;
  pid_t pid_ = 0;
};

class RuncRuntime : public ContainerRuntime {
 public:
  RuncRuntime(std::string umoci, Runc runc)
      : umoci_(std::move(umoci)), runc_(std::move(runc)) {}

  absl::StatusOr<std::unique_ptr<Container>> Run(
      const std::filesystem::path& layout,
      const std::filesystem::path& directory,
      const TaskControl& control) override {
    const std::filesystem::path bundle = directory / "bundle";
    KSO_RETURN_IF_ERROR(Unpack(layout, bundle, control));

    const std::filesystem::path log = directory / "log";
    const std::string id = Concat("kso-", directory.filename().string());
    KSO_ASSIGN_OR_RETURN(
        std::unique_ptr<LastCommand> deletion,
        LastCommand::Prepare(runc_.Command({"delete", "--force", id})));
    KSO_ASSIGN_OR_RETURN(
        std::unique_ptr<ChildProcess> child,
        ChildProcess::Start(
            runc_.Command({"run", "--bundle", bundle.string(), id}), log));
    auto container = std::make_unique<RuncContainer>(
        &runc_, id, log, std::move(deletion), std::move(child));
    KSO_RETURN_IF_ERROR(container->AwaitStart(control));
    return container;
  }

 private:
  absl::Status Unpack(const std::filesystem::path& layout,
                      const std::filesystem::path& bundle,
                      const TaskControl& control) {
    KSO_ASSIGN_OR_RETURN(
        const CommandResult unpacked,
        RunCommand({umoci_, "unpack", "--image",
                    Concat(layout.string(), ":", kLayoutTag), bundle.string()},
                   control));
    if (unpacked.exit_status != 0) {
      return FailureOf(
          Concat("the image cannot be unpacked: ", Trimmed(unpacked.output)));
    }
    const std::filesystem::path config = bundle / "config.json";
    KSO_ASSIGN_OR_RETURN(const std::string spec,
                         MakeRuntimeSpec(ReadFile(config)));
    std::ofstream stream(config, std::ios::binary | std::ios::trunc);
    stream << spec;
    stream.close();
    if (stream) return absl::OkStatus();
    return WorkerTrouble(
        absl::ResourceExhaustedError(Concat("cannot write ", config.string())));
  }

  const std::string umoci_;
  const Runc runc_;
};

}  // namespace

absl::Status CanRunContainers() {
  if (geteuid() != 0) {
    return absl::FailedPreconditionError("the worker does not run as root");
  }
  for (const char* program : {"runc", "umoci"}) {
    if (!FindProgram(program).has_value()) {
      return absl::FailedPreconditionError(Concat(
          program, " is not installed; on Debian: apt-get install ", program));
    }
  }
  return absl::OkStatus();
}

std::unique_ptr<ContainerRuntime> CreateRuncRuntime(
    const std::filesystem::path& state_directory) {
  Runc runc = {.program = FindProgram("runc").value_or("/usr/sbin/runc"),
               .root = state_directory};
  std::error_code error;
  std::filesystem::create_directories(state_directory, error);
  for (const auto& left :
       std::filesystem::directory_iterator(state_directory, error)) {
    runc.Delete(left.path().filename().string());
  }
  return std::make_unique<RuncRuntime>(
      FindProgram("umoci").value_or("/usr/bin/umoci"), std::move(runc));
}

}  // namespace kso::worker
