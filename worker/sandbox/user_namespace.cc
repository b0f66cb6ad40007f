// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/user_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "worker/sandbox/child_namespace.h"

namespace kso::worker {
namespace {

// The kernel takes a map whole, in one write(2).
absl::Status WriteMap(pid_t child, std::string_view map, const IdRange& ids) {
  const std::string path = Concat("/proc/", child, "/", map);
  const std::string line = Concat("0 ", ids.first, " ", ids.count, "\n");
  const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() >= 0 && write(file.get(), line.data(), line.size()) ==
                             static_cast<ssize_t>(line.size())) {
    return absl::OkStatus();
  }
  return absl::InternalError(
      Concat("cannot map a container's users to the ids from ", ids.first,
             " on: ", absl::ErrnoToStatus(errno, "").message()));
}

}  // namespace

absl::StatusOr<UserNamespace> UserNamespace::Create(const IdRange& ids) {
  KSO_ASSIGN_OR_RETURN(
      FileDescriptor file,
      NamespaceOfChild(
          "user", [] { return unshare(CLONE_NEWUSER) == 0; },
          [&ids](pid_t child) -> absl::Status {
            KSO_RETURN_IF_ERROR(WriteMap(child, "uid_map", ids));
            return WriteMap(child, "gid_map", ids);
          }));
  return UserNamespace(std::move(file), ids);
}

std::string UserNamespace::Path() const { return PathOfNamespace(file_); }

}  // namespace kso::worker
