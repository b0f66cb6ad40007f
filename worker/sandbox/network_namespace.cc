// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/network_namespace.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/run/exceptions.h"
#include "common/run/threads.h"
#include "worker/sandbox/child_namespace.h"

namespace kso::worker {
namespace {

absl::Status Trouble(std::string_view what) {
  return absl::InternalError(
      Concat("cannot ", what, ": ", absl::ErrnoToStatus(errno, "").message()));
}

// Calls `work` on a thread of its own, since a thread that has changed its
// namespace is of no use for anything else.
absl::Status OnAThread(const std::function<absl::Status()>& work) {
  absl::Status status;
  KSO_ASSIGN_OR_RETURN(std::thread thread,
                       StartThread([&] { status = WithoutExceptions(work); }));
  thread.join();
  return status;
}

// Of the calling thread's network.
absl::Status RaiseLoopback() {
  const FileDescriptor any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = {};
  std::string_view("lo").copy(request.ifr_name, sizeof(request.ifr_name) - 1);
  if (any.get() < 0 || ioctl(any.get(), SIOCGIFFLAGS, &request) != 0) {
    return Trouble("look at the loopback of a new network");
  }
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (ioctl(any.get(), SIOCSIFFLAGS, &request) != 0) {
    return Trouble("raise the loopback of a new network");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<NetworkNamespace> NetworkNamespace::Create(
    const UserNamespace* owner) {
  const int users = owner == nullptr ? -1 : owner->get();
  KSO_ASSIGN_OR_RETURN(
      FileDescriptor file, NamespaceOfChild("net", [users] {
        return (users < 0 || setns(users, CLONE_NEWUSER) == 0) &&
               unshare(CLONE_NEWNET) == 0;
      }));
  NetworkNamespace network(std::move(file));
  KSO_RETURN_IF_ERROR(network.Run(RaiseLoopback));
  return network;
}

std::string NetworkNamespace::Path() const { return PathOfNamespace(file_); }

absl::Status NetworkNamespace::Run(
    const std::function<absl::Status()>& work) const {
  return OnAThread([&]() -> absl::Status {
    if (setns(file_.get(), CLONE_NEWNET) != 0) {
      return Trouble("enter the container's network");
    }
    return work();
  });
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
