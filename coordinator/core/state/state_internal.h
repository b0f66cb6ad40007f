// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_STATE_STATE_INTERNAL_H_
#define KSO_COORDINATOR_CORE_STATE_STATE_INTERNAL_H_

#include <string_view>

#include "absl/status/status.h"
#include "common/base/strings.h"

namespace kso::coordinator {

// What the sources of State share.

inline absl::Status DoesNotFit(std::string_view what, std::string_view id) {
  return absl::DataLossError(
      Concat("the journal does not fit together: ", what, " \"", id, "\""));
}

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_STATE_INTERNAL_H_
