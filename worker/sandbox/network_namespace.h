// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_NETWORK_NAMESPACE_H_
#define KSO_WORKER_SANDBOX_NETWORK_NAMESPACE_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/files/file_io.h"
#include "worker/sandbox/user_namespace.h"

namespace kso::worker {

// A network namespace (network_namespaces(7)) with nothing but loopback, which
// is up. It is there for as long as this lives, whether a program runs in it or
// not: unlike /proc/PID/ns/net, it can not turn out to be that of another
// process, or of this machine, whose number is the same.
class NetworkNamespace {
 public:
  // INTERNAL when the machine does not let the worker make one, which takes
  // root. It belongs to `owner`: to the users of that namespace, who may show
  // it in a /sys of their own, or to this machine's where that is null.
  static absl::StatusOr<NetworkNamespace> Create(
      const UserNamespace* owner = nullptr);

  // The path by which other programs of this machine open it.
  std::string Path() const;

  // Runs `work` on a thread of its own inside, and returns what it returns.
  // Sockets that `work` opens on that thread are in there; those of the rest of
  // the program are not touched.
  absl::Status Run(const std::function<absl::Status()>& work) const;

 private:
  explicit NetworkNamespace(FileDescriptor file) : file_(std::move(file)) {}

  FileDescriptor file_;
};

// Returns whether the calling thread's network has IPv6's loopback address,
// which the kernel or a namespace may be without.
bool HasIpv6Loopback();

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_NETWORK_NAMESPACE_H_
