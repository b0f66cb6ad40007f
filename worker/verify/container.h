#ifndef KSO_WORKER_VERIFY_CONTAINER_H_
#define KSO_WORKER_VERIFY_CONTAINER_H_

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// A running container. Destroying it stops the container and removes all of it.
// Not thread safe.
class Container {
 public:
  virtual ~Container() = default;

  // Its first process, as this machine sees it.
  virtual pid_t pid() const = 0;
  virtual bool Running() = 0;
  // The last lines that it wrote.
  virtual std::string LogTail() const = 0;
};

// Runs images. May be called from any thread.
class ContainerRuntime {
 public:
  virtual ~ContainerRuntime() = default;

  // Unpacks the image of an OCI layout directory (tag kLayoutTag) into
  // `directory`/bundle and starts it in namespaces of its own.
  // FAILED_PRECONDITION with its last lines when it ends at once.
  virtual absl::StatusOr<std::unique_ptr<Container>> Run(
      const std::filesystem::path& layout,
      const std::filesystem::path& directory, const TaskControl& control) = 0;
};

// What the machine lacks for that, in words; OK when nothing.
absl::Status CanRunContainers();

// The runtime over umoci(1) and runc(8), with runc's state in
// `state_directory`. Removes what an earlier process left running there.
std::unique_ptr<ContainerRuntime> CreateRuncRuntime(
    const std::filesystem::path& state_directory);

}  // namespace kso::worker

#endif  // KSO_WORKER_VERIFY_CONTAINER_H_
