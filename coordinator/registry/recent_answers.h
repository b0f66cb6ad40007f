// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_RECENT_ANSWERS_H_
#define KSO_COORDINATOR_REGISTRY_RECENT_ANSWERS_H_

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "coordinator/registry/registry_actions.h"

namespace kso::coordinator {

// For how long an answer stands. As much may pass between any question and
// what is done about its answer.
inline constexpr absl::Duration kAnswerStands = absl::Seconds(2);

// What `open` opens, except that a destination is not asked again for a blob or
// manifest that it was seen to have less than kAnswerStands ago: a build that
// has nothing to do asks for each layer once, not before each of its phases.
// What it lacks is asked for each time, and after a manifest that was refused,
// everything is. The result may be called from any thread.
OpenDestination WithRecentAnswers(OpenDestination open, Clock* clock);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_RECENT_ANSWERS_H_
