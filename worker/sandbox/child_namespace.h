// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_CHILD_NAMESPACE_H_
#define KSO_WORKER_SANDBOX_CHILD_NAMESPACE_H_

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/files/file_io.h"

namespace kso::worker {

// Makes a namespace (namespaces(7)) by a child that lives for a moment: a
// process with threads can enter a user namespace no more. `enter` is called in
// the child, and makes only system calls: false, with errno, when one failed.
// Then `set_up`, if there is one, is called with the child's number, which
// stays the child's until it returns. The result is the child's namespace of
// that type ("user", "net", ...), which lives as long as it is open. INTERNAL
// when one of the steps failed; errors of `set_up`.
absl::StatusOr<FileDescriptor> NamespaceOfChild(
    std::string_view type, const std::function<bool()>& enter,
    const std::function<absl::Status(pid_t child)>& set_up = nullptr);

// The path by which other programs of this machine open a namespace that this
// process has open. The "." keeps runc from 1.1.11 on from taking it for a path
// of the namespace that this process is in: by "/proc/PID/" alone it would
// compare the container's ids with those of this process.
std::string PathOfNamespace(const FileDescriptor& file);

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_CHILD_NAMESPACE_H_
