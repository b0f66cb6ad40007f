// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_BASE_PERMANENT_FAILURE_H_
#define KSO_COORDINATOR_CORE_BASE_PERMANENT_FAILURE_H_

#include <string_view>

#include "kso/v1/types.pb.h"

namespace kso::coordinator {

// A failure that only a changed release can mend. `location` is where the item
// was asked for, if anywhere.
v1::Failure PermanentFailure(std::string_view item, std::string_view reason,
                             std::string_view advice,
                             std::string_view location = {});

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BASE_PERMANENT_FAILURE_H_
