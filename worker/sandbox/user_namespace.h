// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_USER_NAMESPACE_H_
#define KSO_WORKER_SANDBOX_USER_NAMESPACE_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/files/file_io.h"
#include "worker/sandbox/id_range.h"

namespace kso::worker {

// A user namespace (user_namespaces(7)) whose users and groups from 0 on are a
// range of this machine's ids: root in there is nobody outside. It is there for
// as long as this lives.
class UserNamespace {
 public:
  // INTERNAL when the machine does not let the worker make one, which takes
  // root.
  static absl::StatusOr<UserNamespace> Create(const IdRange& ids);

  int get() const { return file_.get(); }
  const IdRange& ids() const { return ids_; }
  // The path by which other programs of this machine open it.
  std::string Path() const;

 private:
  UserNamespace(FileDescriptor file, const IdRange& ids)
      : file_(std::move(file)), ids_(ids) {}

  FileDescriptor file_;
  IdRange ids_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_USER_NAMESPACE_H_
