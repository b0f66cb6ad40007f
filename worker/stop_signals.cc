// SPDX-License-Identifier: Apache-2.0
#include "worker/stop_signals.h"

#include <signal.h>

#include <thread>
#include <utility>

#include "common/run/threads.h"

namespace kso::worker {
namespace {

// SIGUSR1 ends the watch itself.
sigset_t WatchedSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&set, signal);
  return set;
}

class SignalThread : public StopSignals::Watch {
 public:
  explicit SignalThread(std::function<void(int)> on_signal)
      : thread_(StartThreadOrExit(
            "the watch for signals", [on_signal = std::move(on_signal)] {
              const sigset_t set = WatchedSignals();
              int count = 0;
              int signal = 0;
              while (sigwait(&set, &signal) == 0 && signal != SIGUSR1) {
                on_signal(++count);
              }
            })) {}

  ~SignalThread() override {
    pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
  }

 private:
  std::thread thread_;
};

}  // namespace

StopSignals::StopSignals() {
  const sigset_t set = WatchedSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A peer that goes away is an error of the write, not of the process.
  signal(SIGPIPE, SIG_IGN);
}

std::unique_ptr<StopSignals::Watch> StopSignals::Start(
    std::function<void(int)> on_signal) {
  return std::make_unique<SignalThread>(std::move(on_signal));
}

}  // namespace kso::worker
