// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_BASE_PHASES_H_
#define KSO_COORDINATOR_CORE_BASE_PHASES_H_

#include <cstdint>

#include "absl/types/span.h"
#include "kso/v1/build.pb.h"

namespace kso::coordinator {

// The state machine of a build: its phases, in one table (phases.cc).

enum class PhaseWork : uint8_t {
  // Nothing is done: the build has just been submitted.
  kNone,
  // Tasks, which workers do. The phase ends when all tasks have ended.
  kTasks,
  // One action of the coordinator itself (engine/build_actions.h). The phase
  // ends with the action's answer.
  kAction,
};

enum class OnFailedTask : uint8_t {
  // The other tasks go on, so that a user hears of all problems at once.
  kOthersGoOn,
  // No other task starts, and the build fails as soon as those that run have
  // ended.
  kBuildFails,
};

struct PhaseRule {
  v1::Phase phase = v1::PHASE_UNSPECIFIED;
  PhaseWork work = PhaseWork::kNone;
  OnFailedTask on_failed_task = OnFailedTask::kBuildFails;
  // The phase that follows; PHASE_UNSPECIFIED after the last one, when the
  // build has succeeded.
  v1::Phase next = v1::PHASE_UNSPECIFIED;
};

// One rule for each phase, in the order of the phases.
absl::Span<const PhaseRule> PhaseRules();

// The rule of a phase. For PHASE_UNSPECIFIED, and for a phase that only a later
// version knows, a rule that does nothing.
const PhaseRule& RuleOf(v1::Phase phase);

// Returns whether phase `a` comes later in a build than `b`. The numbers of the
// enum do not say it: CHECK was added after the others.
bool ComesAfter(v1::Phase a, v1::Phase b);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BASE_PHASES_H_
