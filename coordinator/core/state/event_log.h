// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_STATE_EVENT_LOG_H_
#define KSO_COORDINATOR_CORE_STATE_EVENT_LOG_H_

#include <cstddef>
#include <string>
#include <vector>

#include "kso/v1/build.pb.h"

namespace kso::coordinator {

// The lines of one build's log, kept as bytes. Not thread safe.
class EventLog {
 public:
  // Gives the line the next number.
  void Add(v1::Event event);

  size_t size() const { return packed_.size(); }
  // `place` counts from 0, and is less than size().
  v1::Event operator[](size_t place) const;

 private:
  // Without their numbers.
  std::vector<std::string> packed_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_EVENT_LOG_H_
