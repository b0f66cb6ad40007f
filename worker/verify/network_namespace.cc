// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/network_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>

#include "common/base/strings.h"

namespace kso::worker {
namespace {

absl::Status Enter(pid_t pid) {
  const std::string path = Concat("/proc/", pid, "/ns/net");
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const int entered = file < 0 ? -1 : setns(file, CLONE_NEWNET);
  const int error = errno;
  if (file >= 0) close(file);
  if (entered == 0) return absl::OkStatus();
  return absl::InternalError(
      Concat("cannot enter the container's network: ",
             absl::ErrnoToStatus(error, path).message()));
}

}  // namespace

absl::Status RunInNetworkOf(pid_t pid,
                            const std::function<absl::Status()>& work) {
  absl::Status status;
  std::thread thread([&] {
    status = Enter(pid);
    if (status.ok()) status = work();
  });
  thread.join();
  return status;
}

}  // namespace kso::worker
