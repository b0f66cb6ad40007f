// SPDX-License-Identifier: Apache-2.0
#include "common/http/adaptive_limit.h"

#include <algorithm>

namespace kso::http {

void AdaptiveLimit::Succeeded() {
  limit_ = std::min<double>(limit_ + 1 / limit_, options_.most);
}

void AdaptiveLimit::Refused(absl::Time begun, absl::Time now) {
  if (begun <= halved_at_) return;
  limit_ = std::max<double>(limit_ / 2, options_.least);
  halved_at_ = now;
}

}  // namespace kso::http
