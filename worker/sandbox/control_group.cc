// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/control_group.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/file_io.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

constexpr char kControllers[] = "+memory +pids";
constexpr char kMostMemory[] = "4294967296";
constexpr char kMostProcesses[] = "1024";

// The files of a group take a value in one write(2), and are never made by it;
// those of a test are.
absl::Status Write(const fs::path& file, std::string_view value) {
  const FileDescriptor opened(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (opened.get() >= 0 && ::write(opened.get(), value.data(), value.size()) ==
                               static_cast<ssize_t>(value.size())) {
    return absl::OkStatus();
  }
  return FileError(errno, "write", file);
}

absl::Status MakeGroup(const fs::path& directory) {
  if (::mkdir(directory.c_str(), 0755) == 0 || errno == EEXIST) {
    return absl::OkStatus();
  }
  return FileError(errno, "make the group", directory);
}

// The path in the line "0::PATH", which is that of version 2.
std::string OwnPath(std::string_view own) {
  for (absl::string_view line : absl::StrSplit(ToAbsl(own), '\n')) {
    if (absl::ConsumePrefix(&line, "0::")) return std::string(line);
  }
  return "";
}

bool IsDelegated(const fs::path& group) {
  char value = 0;
  for (const char* name : {"user.delegate", "trusted.delegate"}) {
    if (::getxattr(group.c_str(), name, &value, 1) == 1 && value == '1') {
      return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<std::string> DivideControlGroup(const fs::path& hierarchy,
                                               std::string_view own) {
  std::error_code error;
  std::string path = OwnPath(own);
  if (path.empty() || !fs::exists(hierarchy / "cgroup.controllers", error)) {
    return absl::FailedPreconditionError(
        "this machine has no control groups of version 2 at /sys/fs/cgroup");
  }
  if (path == "/") path.clear();
  const fs::path group = hierarchy.string() + path;
  if (!path.empty() && !IsDelegated(group)) {
    return absl::FailedPreconditionError(
        Concat("the control group ", path,
               " is not the worker's to divide; under systemd, its unit needs "
               "Delegate=memory pids"));
  }
  KSO_RETURN_IF_ERROR(MakeGroup(group / "worker"));
  KSO_RETURN_IF_ERROR(
      Write(group / "worker" / "cgroup.procs", std::to_string(::getpid())));
  KSO_RETURN_IF_ERROR(Write(group / "cgroup.subtree_control", kControllers));
  KSO_RETURN_IF_ERROR(MakeGroup(group / "images"));
  KSO_RETURN_IF_ERROR(
      Write(group / "images" / "cgroup.subtree_control", kControllers));
  return path + "/images";
}

absl::StatusOr<std::unique_ptr<ControlGroup>> ControlGroup::Create(
    const fs::path& hierarchy, std::string_view parent, std::string_view name) {
  const std::string path = Concat(parent, "/", name);
  std::unique_ptr<ControlGroup> group(
      new ControlGroup(hierarchy.string() + path, path));
  const fs::path& directory = group->directory_;
  KSO_RETURN_IF_ERROR(MakeGroup(directory));
  KSO_RETURN_IF_ERROR(Write(directory / "memory.max", kMostMemory));
  // Not every kernel counts swap.
  Write(directory / "memory.swap.max", "0").IgnoreError();
  KSO_RETURN_IF_ERROR(Write(directory / "pids.max", kMostProcesses));
  KSO_RETURN_IF_ERROR(MakeGroup(directory / "runtime"));
  return group;
}

ControlGroup::~ControlGroup() {
  // Since Linux 5.14; the runtime has killed what it knows of by then.
  Write(directory_ / "cgroup.kill", "1").IgnoreError();
  for (const fs::path& group :
       {directory_ / "image", directory_ / "runtime", directory_}) {
    (void)::rmdir(group.c_str());
  }
}

bool ControlGroup::Enter() const {
  const int file = ::open(processes_.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool moved = ::write(file, "0", 1) == 1;
  ::close(file);
  return moved;
}

}  // namespace kso::worker
