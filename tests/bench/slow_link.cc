// SPDX-License-Identifier: Apache-2.0
// kso-slow-link: a link between this network namespace and another one that
// delays and loses packets, as `tc qdisc add ... netem` does where the kernel
// has it. Packets from the other namespace wait, and some are lost; those to it
// pass at once.
//
//   kso-slow-link NAMESPACE NEAR FAR DELAY_MS LOSS
//
// NEAR and FAR name the link's ends (TUN devices), which the caller gives their
// addresses once this prints "ready". Runs until it is ended.

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <utility>

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kLargestPacket = 65536;
// As a router would have a queue: more is lost.
constexpr size_t kMostPackets = 20000;

int OpenTun(const char* name) {
  const int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  ifreq request = {};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0) {
    std::perror(name);
    std::exit(1);
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr,
                 "usage: kso-slow-link NAMESPACE NEAR FAR DELAY_MS LOSS\n");
    return 2;
  }
  const int near_end = OpenTun(argv[2]);
  const std::string path = std::string("/run/netns/") + argv[1];
  const int space = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (space < 0 || setns(space, CLONE_NEWNET) != 0) {
    std::perror(path.c_str());
    return 1;
  }
  const int far_end = OpenTun(argv[3]);
  const auto delay = std::chrono::milliseconds(std::atoi(argv[4]));
  std::bernoulli_distribution is_lost(std::atof(argv[5]));
  // The same packets are lost in each run.
  std::mt19937 random(1);
  std::printf("ready\n");
  std::fflush(stdout);

  std::deque<std::pair<Clock::time_point, std::string>> waiting;
  std::string buffer(kLargestPacket, '\0');
  while (true) {
    timespec timeout = {};
    if (!waiting.empty()) {
      const auto left = std::max<Clock::duration>(
          waiting.front().first - Clock::now(), Clock::duration::zero());
      const auto nanoseconds =
          std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
      timeout = {nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    }
    pollfd ends[2] = {{near_end, POLLIN, 0}, {far_end, POLLIN, 0}};
    ppoll(ends, 2, waiting.empty() ? nullptr : &timeout, nullptr);
    // A bounded number of each at a time, so that none starves the others.
    for (int i = 0; i < 64; ++i) {
      const ssize_t count = read(near_end, buffer.data(), buffer.size());
      if (count <= 0) break;
      if (write(far_end, buffer.data(), count) < 0) continue;
    }
    for (int i = 0; i < 64; ++i) {
      const ssize_t count = read(far_end, buffer.data(), buffer.size());
      if (count <= 0) break;
      if (is_lost(random) || waiting.size() >= kMostPackets) continue;
      waiting.emplace_back(Clock::now() + delay, buffer.substr(0, count));
    }
    while (!waiting.empty() && waiting.front().first <= Clock::now()) {
      const std::string& packet = waiting.front().second;
      if (write(near_end, packet.data(), packet.size()) < 0) {
        // The other end is full: lost, as on any link.
      }
      waiting.pop_front();
    }
  }
}
