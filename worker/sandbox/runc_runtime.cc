// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/directory.h"
#include "common/run/cancellation.h"
#include "common/run/clock.h"
#include "common/run/subprocess.h"
#include "worker/sandbox/container.h"
#include "worker/sandbox/control_group.h"
#include "worker/sandbox/fences.h"
#include "worker/sandbox/image_process.h"
#include "worker/sandbox/image_user.h"
#include "worker/sandbox/network_namespace.h"
#include "worker/sandbox/output_tail.h"
#include "worker/sandbox/overlay_mount.h"
#include "worker/sandbox/process.h"
#include "worker/sandbox/process_limits.h"
#include "worker/sandbox/runtime_spec.h"
#include "worker/sandbox/user_namespace.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(60);
constexpr absl::Duration kLookInterval = absl::Milliseconds(5);
constexpr size_t kLogTailBytes = 2000;
// A program's last lines are in the pipe when it is seen to have ended.
constexpr absl::Duration kLogEndTimeout = absl::Seconds(2);

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
    // Errors are on stderr as well. Its warnings, which would stand in the
    // image's log, are about the configuration that this program writes.
    std::vector<std::string> argv = {program, "--root", root.string(), "--log",
                                     "/dev/null"};
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
                std::filesystem::path pid_file, NetworkNamespace network,
                std::unique_ptr<ControlGroup> group,
                std::unique_ptr<OutputTail> log,
                std::unique_ptr<LastCommand> deletion,
                std::unique_ptr<Subprocess> child)
      : runc_(runc),
        id_(std::move(id)),
        pid_file_(std::move(pid_file)),
        network_(std::move(network)),
        group_(std::move(group)),
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
      if (HasStarted()) return absl::OkStatus();
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

  absl::Status RunInNetwork(
      const std::function<absl::Status()>& work) override {
    return network_.Run(work);
  }
  bool Running() override { return child_->Running(); }
  int exit_status() const override { return child_->exit_status(); }

  std::string LogTail() override {
    if (!Running()) log_->AwaitEnd(kLogEndTimeout);
    std::string tail = Trimmed(log_->Last(kLogTailBytes));
    return tail.empty() ? std::string(kWroteNothing) : tail;
  }

 private:
  // runc writes the file under another name first, when the first process runs
  // the image's program.
  bool HasStarted() const {
    std::error_code ignored;
    return std::filesystem::exists(pid_file_, ignored);
  }

  const Runc* const runc_;
  const std::string id_;
  const std::filesystem::path pid_file_;
  const NetworkNamespace network_;
  // Null where there are no limits. Goes when nothing runs in it.
  const std::unique_ptr<ControlGroup> group_;
  // Goes after the programs that write to it.
  const std::unique_ptr<OutputTail> log_;
  // The image's program is not a child of the worker and would outlive it.
  std::unique_ptr<LastCommand> deletion_;
  std::unique_ptr<Subprocess> child_;
};

class RuncRuntime : public ContainerRuntime {
 public:
  RuncRuntime(Runc runc, Fences fences)
      : runc_(std::move(runc)), fences_(std::move(fences)) {}

  absl::StatusOr<std::unique_ptr<Container>> Run(
      const ImageToRun& image, const std::filesystem::path& directory,
      const TaskControl& control) override {
    std::optional<UserNamespace> users;
    if (fences_.users.has_value()) {
      KSO_ASSIGN_OR_RETURN(users, UserNamespace::Create(*fences_.users));
    }
    const UserNamespace* const owner = users.has_value() ? &*users : nullptr;
    KSO_ASSIGN_OR_RETURN(NetworkNamespace network,
                         NetworkNamespace::Create(owner));
    KSO_ASSIGN_OR_RETURN(const OverlayMount mount,
                         OverlayMount::Prepare(image.root, directory, owner));
    const std::string id = Concat("kso-", directory.filename().string());
    std::unique_ptr<ControlGroup> group;
    if (fences_.control_group.has_value()) {
      KSO_ASSIGN_OR_RETURN(
          group,
          ControlGroup::Create(kControlGroups, *fences_.control_group, id));
    }
    KSO_RETURN_IF_ERROR(
        WriteSpec(image,
                  {.root = mount.target(),
                   .network = network.Path(),
                   .users = owner ? owner->Path() : "",
                   .ids = fences_.users,
                   .seccomp = fences_.seccomp,
                   .control_group = group ? group->PathForImage() : ""},
                  directory));

    KSO_ASSIGN_OR_RETURN(std::unique_ptr<OutputTail> log, OutputTail::Create());
    const std::filesystem::path pid_file = directory / "pid";
    KSO_ASSIGN_OR_RETURN(
        std::unique_ptr<LastCommand> deletion,
        LastCommand::Prepare(runc_.Command({"delete", "--force", id})));
    KSO_ASSIGN_OR_RETURN(
        std::unique_ptr<Subprocess> child,
        StartWithLog(runc_.Command({"run", "--bundle", directory.string(),
                                    "--pid-file", pid_file.string(), id}),
                     *log, [&] {
                       return (group == nullptr || group->Enter()) &&
                              mount.Enter() && LimitProcess();
                     }));
    auto container = std::make_unique<RuncContainer>(
        &runc_, id, pid_file, std::move(network), std::move(group),
        std::move(log), std::move(deletion), std::move(child));
    KSO_RETURN_IF_ERROR(container->AwaitStart(control));
    return container;
  }

  const std::vector<std::string>& missing_fences() const override {
    return fences_.missing;
  }

 private:
  static absl::Status WriteSpec(const ImageToRun& image,
                                const Enclosure& enclosure,
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
    stream << MakeRuntimeSpec(process, user, enclosure);
    stream.close();
    if (stream) return absl::OkStatus();
    return WorkerTrouble(
        absl::ResourceExhaustedError(Concat("cannot write ", config.string())));
  }

  const Runc runc_;
  const Fences fences_;
};

}  // namespace

std::unique_ptr<ContainerRuntime> CreateRuncRuntime(
    const std::filesystem::path& state_directory, const Fences& fences) {
  Runc runc = {.program = FindProgram("runc").value_or("/usr/sbin/runc"),
               .root = state_directory};
  std::error_code error;
  std::filesystem::create_directories(state_directory, error);
  // A container that cannot be listed fails its successor, which says so.
  ForEachEntry(state_directory, [&](const auto& left) {
    runc.Delete(left.path().filename().string());
  }).IgnoreError();
  return std::make_unique<RuncRuntime>(std::move(runc), fences);
}

}  // namespace kso::worker
