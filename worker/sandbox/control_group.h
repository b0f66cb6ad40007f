// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_CONTROL_GROUP_H_
#define KSO_WORKER_SANDBOX_CONTROL_GROUP_H_

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace kso::worker {

// Control groups (the kernel's cgroup-v2.rst) with limits of what all processes
// of an image take together.

// The directory in which the kernel shows them. Tests have one of their own.
inline constexpr char kControlGroups[] = "/sys/fs/cgroup";

// Makes room for the groups of images below the group of this process, which
// moves to a group beside them, as a group with processes cannot hand limits
// down. `own` is what /proc/self/cgroup says. The result is the path of the
// group that holds those of images, from the root of the hierarchy on.
// FAILED_PRECONDITION where there is no version 2, or where the group is not
// this process's to divide: systemd says so of a unit with Delegate=, and the
// root of a container's hierarchy is the container's.
absl::StatusOr<std::string> DivideControlGroup(
    const std::filesystem::path& hierarchy, std::string_view own);

// The group of one image: 4 GiB of memory with what its file systems in memory
// hold, no swap, and 1,024 processes. Gone with all that runs in it when this
// is destroyed.
class ControlGroup {
 public:
  // Below `parent`, which is as DivideControlGroup returns it.
  static absl::StatusOr<std::unique_ptr<ControlGroup>> Create(
      const std::filesystem::path& hierarchy, std::string_view parent,
      std::string_view name);
  ~ControlGroup();
  ControlGroup(const ControlGroup&) = delete;
  ControlGroup& operator=(const ControlGroup&) = delete;

  // The path of a group in it for the runtime to make, from the root of the
  // hierarchy on.
  std::string PathForImage() const { return path_ + "/image"; }

  // Moves the calling process into it. For a child between fork and exec: only
  // system calls. False, with errno, when one failed.
  bool Enter() const;

 private:
  ControlGroup(std::filesystem::path directory, std::string path)
      : directory_(std::move(directory)),
        path_(std::move(path)),
        processes_(directory_ / "runtime" / "cgroup.procs") {}

  const std::filesystem::path directory_;
  const std::string path_;
  const std::string processes_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_CONTROL_GROUP_H_
