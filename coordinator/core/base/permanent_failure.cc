// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/permanent_failure.h"

#include <string>

namespace kso::coordinator {

v1::Failure PermanentFailure(std::string_view item, std::string_view reason,
                             std::string_view advice,
                             std::string_view location) {
  v1::Failure failure;
  failure.set_kind(v1::Failure::PERMANENT);
  failure.set_item(std::string(item));
  failure.set_reason(std::string(reason));
  failure.set_advice(std::string(advice));
  failure.set_location(std::string(location));
  return failure;
}

}  // namespace kso::coordinator
