// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_RECENT_ANSWERS_H_
#define KSO_COORDINATOR_REGISTRY_RECENT_ANSWERS_H_

#include "absl/time/time.h"
#include "common/run/clock.h"
#include "coordinator/registry/registry_actions.h"

namespace kso::coordinator {

// The time for which an answer stands. As much time may pass anyway between a
// question and the request that relies on its answer.
inline constexpr absl::Duration kAnswerStands = absl::Seconds(2);

// Opens destinations as `open` does, and caches positive answers: a destination
// is not asked again for a blob or manifest that it was seen to have less than
// kAnswerStands ago. So a build that has nothing to do asks for each layer
// once, and not before each of its phases. Blobs that a destination lacks are
// asked for each time, and a refused manifest empties the cache. The result may
// be called from any thread.
OpenDestination WithRecentAnswers(OpenDestination open, Clock* clock);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_RECENT_ANSWERS_H_
