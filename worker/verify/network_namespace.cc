// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/network_namespace.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
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

bool HasIpv6Loopback() {
  const int file = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (file < 0) return false;
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const bool bound = bind(file, reinterpret_cast<const sockaddr*>(&address),
                          sizeof(address)) == 0;
  close(file);
  return bound;
}

}  // namespace kso::worker
