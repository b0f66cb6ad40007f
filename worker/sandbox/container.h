// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_CONTAINER_H_
#define KSO_WORKER_SANDBOX_CONTAINER_H_

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/sandbox/fences.h"
#include "worker/sandbox/id_range.h"
#include "worker/task/task_control.h"
#include "worker/unpack/root_filesystem.h"

namespace kso::worker {

// The answer of Container::LogTail for a program that wrote nothing.
inline constexpr std::string_view kWroteNothing = "it wrote nothing";

// A running container. Destroying it stops the container and removes all of it.
// Not thread safe.
class Container {
 public:
  virtual ~Container() = default;

  // Runs `work` on a thread of its own whose sockets are in the container's
  // network, which is there for as long as this is, also when nothing runs in
  // it any more. Returns what `work` returns; INTERNAL when the network cannot
  // be entered.
  virtual absl::Status RunInNetwork(
      const std::function<absl::Status()>& work) = 0;
  virtual bool Running() = 0;
  // Once it does not run: the exit status of its first process, or 128 and the
  // number of the signal that ended it.
  virtual int exit_status() const = 0;
  // The last lines that it wrote, of the last 64 KiB; kWroteNothing for none.
  virtual std::string LogTail() = 0;
};

struct ImageToRun {
  // Its config (OCI image spec, config.md).
  std::string config;
  RootFilesystem root;
};

// Runs images. May be called from any thread.
class ContainerRuntime {
 public:
  virtual ~ContainerRuntime() = default;

  // Starts the image in namespaces of its own; what is written of it goes to
  // `directory`, whose name is unique. FAILED_PRECONDITION with its exit status
  // and its last lines when it cannot be started. The layers must outlive the
  // container.
  virtual absl::StatusOr<std::unique_ptr<Container>> Run(
      const ImageToRun& image, const std::filesystem::path& directory,
      const TaskControl& control) = 0;

  // Fences::missing of those that its images run in.
  virtual const std::vector<std::string>& missing_fences() const = 0;
};

// How this machine runs containers.
struct ContainerSupport {
  Fences fences;
  // A remark on the runtime for people; may be empty.
  std::string remark;
};

// Finds out how by running a program in one, below `directory`/can-run, where
// nobody else sees what is mounted. Images' users are to be those of `users`.
// FAILED_PRECONDITION when it cannot be done; the error says what is missing.
absl::StatusOr<ContainerSupport> ProbeContainers(
    const std::filesystem::path& directory, const IdRange& users);

// The runtime over overlayfs and runc(8), with runc's state in
// `state_directory`. Removes what an earlier process left running there.
std::unique_ptr<ContainerRuntime> CreateRuncRuntime(
    const std::filesystem::path& state_directory, const Fences& fences);

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_CONTAINER_H_
