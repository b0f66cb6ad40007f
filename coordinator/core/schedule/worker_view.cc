// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/worker_view.h"

#include "absl/strings/str_cat.h"
#include "coordinator/core/base/words.h"

namespace kso::coordinator {

std::string NotReadyInWords(const WorkerView& worker, absl::Time now) {
  switch (worker.state) {
    case v1::WorkerStatus::DRAINING:
      return "it drains";
    case v1::WorkerStatus::UNHEALTHY:
      break;
    default:
      return "";
  }
  if (worker.quarantined_until <= now) return worker.reason;
  return absl::StrCat(worker.reason, "; it is tried again in ",
                      DurationInWords(worker.quarantined_until - now));
}

}  // namespace kso::coordinator
