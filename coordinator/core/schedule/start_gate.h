// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_SCHEDULE_START_GATE_H_
#define KSO_COORDINATOR_CORE_SCHEDULE_START_GATE_H_

#include <optional>
#include <string>

#include "coordinator/core/state/task_entry.h"

namespace kso::coordinator {

// What holds ready tasks back besides workers. Not thread safe.
class StartGate {
 public:
  virtual ~StartGate() = default;

  // Why tasks with this demand may not start now, the same sentence for all
  // that wait for the same ("quay.io wants no request for 12 s"); nothing when
  // they may.
  virtual std::optional<std::string> WhyNot(const Demand& demand) const = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_SCHEDULE_START_GATE_H_
