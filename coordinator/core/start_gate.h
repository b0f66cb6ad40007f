#ifndef KSO_COORDINATOR_CORE_START_GATE_H_
#define KSO_COORDINATOR_CORE_START_GATE_H_

#include <optional>
#include <string>

#include "coordinator/core/state.h"

namespace kso::coordinator {

// What holds runnable tasks back besides workers and their own delays. Not
// thread safe.
class StartGate {
 public:
  virtual ~StartGate() = default;

  // Why `task` may not start now, the same sentence for all that wait for the
  // same ("quay.io wants no request for 12 s"); nothing when it may.
  virtual std::optional<std::string> WhyNot(const TaskEntry& task) const = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_START_GATE_H_
