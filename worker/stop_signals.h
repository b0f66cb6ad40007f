// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_STOP_SIGNALS_H_
#define KSO_WORKER_STOP_SIGNALS_H_

#include <functional>
#include <memory>

namespace kso::worker {

// Turns SIGTERM and SIGINT into calls. Make one before any thread is started:
// threads inherit that these signals are blocked.
class StopSignals {
 public:
  StopSignals();

  // Calls `on_signal(n)` for the n-th signal, n from 1, on a thread of its own
  // until the returned object is destroyed.
  class Watch {
   public:
    virtual ~Watch() = default;
  };
  std::unique_ptr<Watch> Start(std::function<void(int)> on_signal);
};

}  // namespace kso::worker

#endif  // KSO_WORKER_STOP_SIGNALS_H_
