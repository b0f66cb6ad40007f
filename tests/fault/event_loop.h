// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_EVENT_LOOP_H_
#define KSO_TESTS_FAULT_EVENT_LOOP_H_

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "absl/time/time.h"

namespace kso::testing {

// The clock and the event queue of a simulation. Events run one after the
// other, on one thread, and no time passes while one runs. Events of the same
// time run in the order in which they were planned.
class EventLoop {
 public:
  using Event = std::function<void()>;

  absl::Time now() const { return now_; }

  void At(absl::Time time, Event event) {
    events_.emplace(std::make_pair(std::max(time, now_), ++serial_),
                    std::move(event));
  }
  void After(absl::Duration delay, Event event) {
    At(now_ + delay, std::move(event));
  }

  // Runs events until `done` returns true, time is over or no event is left.
  // Returns whether `done` returned true.
  bool Run(absl::Time end, const std::function<bool()>& done) {
    while (!done()) {
      if (events_.empty() || events_.begin()->first.first > end) return false;
      const auto next = events_.begin();
      now_ = next->first.first;
      const Event event = std::move(next->second);
      events_.erase(next);
      event();
    }
    return true;
  }

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  int64_t serial_ = 0;
  std::map<std::pair<absl::Time, int64_t>, Event> events_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_EVENT_LOOP_H_
