// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/child_namespace.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/run/subprocess.h"

namespace kso::worker {

absl::StatusOr<FileDescriptor> NamespaceOfChild(
    std::string_view type, const std::function<bool()>& enter,
    const std::function<absl::Status(pid_t child)>& set_up) {
  // It waits until its destructor kills it.
  absl::StatusOr<Subprocess> child =
      Subprocess::Start({FindProgram("sleep").value_or("/bin/sleep"), "600"},
                        {.ends_with_thread = true, .prepare = enter});
  if (!child.ok()) {
    return WithCode(Prefixed(child.status(), Concat("cannot make a namespace (",
                                                    type, "), or ")),
                    absl::StatusCode::kInternal);
  }
  if (set_up) KSO_RETURN_IF_ERROR(set_up(child->pid()));
  // Not OpenFile, which follows no link: this one is the kernel's.
  const std::string path = Concat("/proc/", child->pid(), "/ns/", type);
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    return absl::InternalError(
        Concat("cannot keep a namespace (", type,
               "): ", absl::ErrnoToStatus(errno, "").message()));
  }
  return file;
}

std::string PathOfNamespace(const FileDescriptor& file) {
  return Concat("/proc/./", getpid(), "/fd/", file.get());
}

}  // namespace kso::worker
