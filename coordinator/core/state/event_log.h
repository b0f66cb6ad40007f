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
  // Appends the line, and gives it the next number.
  void Add(v1::Event event);

  size_t size() const { return packed_.size(); }
  // Parses one line. `place` counts from 0 and must be less than size().
  v1::Event operator[](size_t place) const;

 private:
  // Serialized events without their numbers, which follow from their places.
  std::vector<std::string> packed_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_EVENT_LOG_H_
