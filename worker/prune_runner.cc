// SPDX-License-Identifier: Apache-2.0
#include "worker/prune_runner.h"

#include <string>
#include <utility>

namespace kso::worker {

void PruneRunner::Hear(const v1::SyncResponse& response) {
  {
    absl::MutexLock lock(&mutex_);
    if (!response.has_prune()) {
      // An order that is being carried out is reported to its end, whatever
      // became of the coordinator that gave it.
      if (report_.has_value() && report_->done()) report_.reset();
      return;
    }
    const std::string& id = response.prune().order_id();
    if (report_.has_value() && report_->order_id() == id) return;
    report_.emplace();
    report_->set_order_id(id);
  }
  executor_.Schedule([this, order = response.prune()] { Run(order); });
}

void PruneRunner::Run(const v1::PruneOrder& order) {
  v1::PruneReport report = prune_(order.pruning());
  report.set_order_id(order.order_id());
  report.set_done(true);
  {
    absl::MutexLock lock(&mutex_);
    // Another order may have come meanwhile.
    if (!report_.has_value() || report_->order_id() != order.order_id()) return;
    report_ = std::move(report);
  }
  wake_();
}

void PruneRunner::AddReport(v1::WorkerInfo& info) const {
  info.set_prunes(true);
  absl::MutexLock lock(&mutex_);
  if (report_.has_value()) *info.add_prune_reports() = *report_;
}

}  // namespace kso::worker
