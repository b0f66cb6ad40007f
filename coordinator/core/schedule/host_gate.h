// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_SCHEDULE_HOST_GATE_H_
#define KSO_COORDINATOR_CORE_SCHEDULE_HOST_GATE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/core/schedule/rate_budget.h"
#include "coordinator/core/state/state.h"

namespace kso::coordinator {

// Admission control: says which ready tasks the limits of hosts let start at
// one moment, given the leased ones. These are counted when the first task for
// a host with limits comes up; until then a gate costs nothing. Not thread
// safe.
class HostGate {
 public:
  // The pointers must outlive the gate.
  HostGate(const State* state, const RateBudget* budget, absl::Time now)
      : state_(*state), budget_(*budget), now_(now) {}

  // Why tasks with this demand may not start now, the same sentence for all
  // that wait for the same ("quay.io wants no request for 12 s"); nothing when
  // they may.
  std::optional<std::string> WhyNot(const Demand& demand) const;

  HostLoad LoadOf(const std::string& host) const;

  // Must be called when `task` has been leased.
  void Started(const TaskEntry& task);

  // Hosts that have said something of their limits: those that runnable and
  // leased tasks of `build` use, or all where it is null.
  std::vector<v1::HostLimit> Limits(const BuildEntry* build) const;

 private:
  void Count(const TaskEntry& task) const;
  void CountWaiting(const BuildEntry& build,
                    std::map<std::string, int>& waiting) const;

  const State& state_;
  const RateBudget& budget_;
  const absl::Time now_;
  // The leased tasks by host; no value until they have been counted.
  mutable std::optional<std::map<std::string, HostLoad>> loads_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_SCHEDULE_HOST_GATE_H_
