// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/remove_tree.h"
#include "common/run/cancellation.h"
#include "common/run/clock.h"
#include "common/run/subprocess.h"
#include "common/text/text.h"
#include "worker/sandbox/container.h"
#include "worker/sandbox/control_group.h"
#include "worker/sandbox/fences.h"
#include "worker/sandbox/platform_probe.h"
#include "worker/sandbox/process.h"
#include "worker/sandbox/runc_version.h"
#include "worker/task/task_control.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

constexpr char kLayer[] = "layer";
constexpr char kImage[] = R"({"config": {"Entrypoint": ["/probe"]}})";
// A program that does nothing ends at once, even an emulated one.
constexpr absl::Duration kEndTimeout = absl::Seconds(30);
constexpr absl::Duration kLookInterval = absl::Milliseconds(5);

// An image of one program, to run in `directory`.
class Trial {
 public:
  explicit Trial(fs::path directory) : directory_(std::move(directory)) {
    RemoveTree(directory_).IgnoreError();
    std::error_code ignored;
    fs::create_directories(directory_ / kLayer, ignored);
    fs::permissions(directory_ / kLayer, fs::perms(0755), ignored);
    const fs::path program = directory_ / kLayer / "probe";
    std::ofstream(program, std::ios::binary)
        << ProbeProgram(OwnPlatform().architecture());
    fs::permissions(program, fs::perms(0755), ignored);
  }
  ~Trial() { RemoveTree(directory_).IgnoreError(); }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  // Runs it once; OK when it has ended well.
  absl::Status Run(const Fences& fences) {
    const std::unique_ptr<ContainerRuntime> runtime =
        CreateRuncRuntime(directory_ / "runc", fences);
    const fs::path bundle = directory_ / Concat("trial-", RandomHex(8));
    std::error_code ignored;
    fs::create_directories(bundle, ignored);
    const TaskControl control;
    KSO_ASSIGN_OR_RETURN(
        const std::unique_ptr<Container> container,
        runtime->Run({.config = kImage,
                      .root = {.directory = directory_,
                               .layers = {UnpackedLayer{.name = kLayer}}}},
                     bundle, control));
    Clock* const clock = Clock::Real();
    const absl::Time deadline = clock->Now() + kEndTimeout;
    while (container->Running()) {
      if (clock->Now() >= deadline) {
        return absl::DeadlineExceededError("a program in it does not end");
      }
      SleepFor(clock, kLookInterval, control.stop_token());
    }
    if (container->exit_status() == 0) return absl::OkStatus();
    return absl::FailedPreconditionError(
        Concat("a program in it ends with exit status ",
               container->exit_status(), ": ", container->LogTail()));
  }

 private:
  const fs::path directory_;
};

void AddControlGroup(Fences& wanted) {
  std::ifstream stream("/proc/self/cgroup");
  const std::string own{std::istreambuf_iterator<char>(stream), {}};
  absl::StatusOr<std::string> group = DivideControlGroup(kControlGroups, own);
  if (group.ok()) {
    wanted.control_group = *std::move(group);
  } else {
    wanted.missing.push_back(Concat("limit of memory and processes together: ",
                                    group.status().message()));
  }
}

std::string RemarkOn(const std::string& runc) {
  const TaskControl control;
  const auto result = RunCommand({runc, "--version"}, control);
  return result.ok() ? RuncRemark(result->output) : "";
}

}  // namespace

absl::StatusOr<ContainerSupport> ProbeContainers(const fs::path& directory,
                                                 const IdRange& users) {
  if (geteuid() != 0) {
    return absl::FailedPreconditionError(
        "it takes root, and this is another user");
  }
  const std::optional<std::string> runc = FindProgram("runc");
  if (!runc.has_value()) {
    return absl::FailedPreconditionError(
        "runc is not installed; on Debian: apt-get install runc");
  }
  Fences wanted;
  wanted.users = users;
  wanted.seccomp = true;
  AddControlGroup(wanted);
  Trial trial(directory / "can-run");
  absl::StatusOr<Fences> fences = FindFences(
      wanted, [&trial](const Fences& some) { return trial.Run(some); });
  if (!fences.ok()) {
    return absl::FailedPreconditionError(
        Concat("this machine does not let the worker run a container in ",
               directory.string(), ": ", fences.status().message()));
  }
  return ContainerSupport{.fences = *std::move(fences),
                          .remark = RemarkOn(*runc)};
}

}  // namespace kso::worker
