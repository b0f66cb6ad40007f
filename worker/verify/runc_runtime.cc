// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/base/cancellation.h"
#include "common/base/clock.h"
#include "common/base/directory.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/base/subprocess.h"
#include "worker/task/failure.h"
#include "worker/verify/container.h"
#include "worker/verify/image_process.h"
#include "worker/verify/image_user.h"
#include "worker/verify/overlay_mount.h"
#include "worker/verify/process.h"
#include "worker/verify/runtime_spec.h"

namespace kso::worker {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(60);
constexpr absl::Duration kLookInterval = absl::Milliseconds(5);
constexpr std::streamoff kLogTailBytes = 2000;

std::string Trimmed(std::string_view text) {
  return std::string(absl::StripAsciiWhitespace(ToAbsl(text)));
}

// The error of a program that failed in the runtime, made of its output: the
// image's fault, unless the disk was full.
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
};

class RuncContainer : public Container {
 public:
  RuncContainer(const Runc* runc, std::string id,
                std::filesystem::path pid_file, std::filesystem::path log,
                std::unique_ptr<LastCommand> deletion,
                std::unique_ptr<Subprocess> child)
      : runc_(runc),
        id_(std::move(id)),
        pid_file_(std::move(pid_file)),
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
      if (const auto pid = ReadPid()) {
        pid_ = *pid;
        return absl::OkStatus();
      }
      if (!Running()) {
        return FailureOf(Concat("the image does not start (exit status ",
                                child_->exit_status(), "): ", LogTail()));
      }
      if (!SleepFor(clock, kLookInterval, control.stop_token())) {
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
  // The first process. runc writes the file under another name first, when that
  // runs the image's program.
  std::optional<pid_t> ReadPid() const {
    std::ifstream stream(pid_file_);
    pid_t pid = 0;
    if (!(stream >> pid) || pid <= 0) return std::nullopt;
    return pid;
  }

  const Runc* const runc_;
  const std::string id_;
  const std::filesystem::path pid_file_;
  const std::filesystem::path log_;
  // The image's program is not a child of the worker and would outlive it.
  std::unique_ptr<LastCommand> deletion_;
  std::unique_ptr<Subprocess> child_;
  pid_t pid_ = 0;
};

class RuncRuntime : public ContainerRuntime {
 public:
  explicit RuncRuntime(Runc runc) : runc_(std::move(runc)) {}

  absl::StatusOr<std::unique_ptr<Container>> Run(
      const ImageToRun& image, const std::filesystem::path& directory,
      const TaskControl& control) override {
    KSO_RETURN_IF_ERROR(WriteSpec(image, directory));
    KSO_ASSIGN_OR_RETURN(const OverlayMount mount,
                         OverlayMount::Prepare(image.root, directory));

    const std::filesystem::path log = directory / "log";
    const std::filesystem::path pid_file = directory / "pid";
    const std::string id = Concat("kso-", directory.filename().string());
    KSO_ASSIGN_OR_RETURN(
        std::unique_ptr<LastCommand> deletion,
        LastCommand::Prepare(runc_.Command({"delete", "--force", id})));
    KSO_ASSIGN_OR_RETURN(
        std::unique_ptr<Subprocess> child,
        StartWithLog(runc_.Command({"run", "--bundle", directory.string(),
                                    "--pid-file", pid_file.string(), id}),
                     log, [&mount] { return mount.Enter(); }));
    auto container = std::make_unique<RuncContainer>(
        &runc_, id, pid_file, log, std::move(deletion), std::move(child));
    KSO_RETURN_IF_ERROR(container->AwaitStart(control));
    return container;
  }

 private:
  static absl::Status WriteSpec(const ImageToRun& image,
                                const std::filesystem::path& directory) {
    KSO_ASSIGN_OR_RETURN(const ImageProcess process,
                         ParseImageProcess(image.config));
    KSO_ASSIGN_OR_RETURN(
        const ImageUser user,
        ResolveImageUser(process.user, [&image](std::string_view path) {
          return ReadFileOf(image.root, path);
        }));
    const std::filesystem::path config = directory / "config.json";
    std::ofstream stream(config, std::ios::binary | std::ios::trunc);
    stream << MakeRuntimeSpec(process, user);
    stream.close();
    if (stream) return absl::OkStatus();
    return WorkerTrouble(
        absl::ResourceExhaustedError(Concat("cannot write ", config.string())));
  }

  const Runc runc_;
};

}  // namespace

absl::Status CanRunContainers(const std::filesystem::path& directory) {
  if (geteuid() != 0) {
    return absl::FailedPreconditionError("the worker does not run as root");
  }
  if (!FindProgram("runc").has_value()) {
    return absl::FailedPreconditionError(
        "runc is not installed; on Debian: apt-get install runc");
  }
  const std::filesystem::path trial = directory / "can-run";
  std::error_code ignored;
  std::filesystem::create_directories(trial / "layer", ignored);
  KSO_ASSIGN_OR_RETURN(
      const OverlayMount mount,
      OverlayMount::Prepare({trial, {UnpackedLayer{.name = "layer"}}}, trial));
  const TaskControl control;
  const auto mounted = RunCommand({FindProgram("true").value_or("/bin/true")},
                                  control, [&mount] { return mount.Enter(); });
  std::filesystem::remove_all(trial, ignored);
  if (mounted.ok()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat("this machine does not let the worker mount an overlay in ",
             directory.string(), ": ", mounted.status().message()));
}

std::unique_ptr<ContainerRuntime> CreateRuncRuntime(
    const std::filesystem::path& state_directory) {
  Runc runc = {.program = FindProgram("runc").value_or("/usr/sbin/runc"),
               .root = state_directory};
  std::error_code error;
  std::filesystem::create_directories(state_directory, error);
  // A container that cannot be listed fails its successor, which says so.
  ForEachEntry(state_directory, [&](const auto& left) {
    runc.Delete(left.path().filename().string());
  }).IgnoreError();
  return std::make_unique<RuncRuntime>(std::move(runc));
}

}  // namespace kso::worker
