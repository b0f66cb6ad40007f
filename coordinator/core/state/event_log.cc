// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/event_log.h"

#include <cstdint>
#include <utility>

namespace kso::coordinator {

void EventLog::Add(v1::Event event) {
  event.clear_sequence();
  std::string bytes = event.SerializeAsString();
  bytes.shrink_to_fit();
  packed_.push_back(std::move(bytes));
}

v1::Event EventLog::operator[](size_t place) const {
  v1::Event event;
  event.ParseFromString(packed_[place]);
  event.set_sequence(static_cast<int64_t>(place) + 1);
  return event;
}

}  // namespace kso::coordinator
