// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/server_process.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"

namespace kso::testing {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(20);
constexpr absl::Duration kPollInterval = absl::Milliseconds(10);

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool Answers(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  const int result =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  close(fd);
  return result == 0;
}

}  // namespace

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  const bool bound =
      bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  // A server does not start on port 0, so that its start tells the trouble.
  return bound ? ntohs(address.sin_port) : 0;
}

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(
    const std::vector<std::string>& arguments, int port) {
  if (access(arguments[0].c_str(), X_OK) != 0) {
    return absl::NotFoundError(
        absl::StrCat(arguments[0], " is missing: run deploy/setup test"));
  }
  KSO_ASSIGN_OR_RETURN(
      Subprocess started,
      Subprocess::Start(arguments, {.ends_with_thread = true}));
  std::unique_ptr<ServerProcess> process(new ServerProcess(std::move(started)));
  const absl::Time deadline = absl::Now() + kStartTimeout;
  while (!Answers(port)) {
    if (absl::Now() > deadline || !process->process_.Running()) {
      return absl::UnavailableError(
          absl::StrCat(arguments[0], " did not start"));
    }
    absl::SleepFor(kPollInterval);
  }
  return process;
}

void ServerProcess::End(int signal) {
  process_.Signal(signal);
  process_.Wait();
}

}  // namespace kso::testing
