// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/task_view.h"

#include <algorithm>

#include "common/base/proto_time.h"
#include "coordinator/core/schedule/waiting.h"
#include "coordinator/core/state/task_status.h"
#include "coordinator/engine/active_tasks.h"

namespace kso::coordinator {

v1::TaskStatus ViewOfTask(const TaskEntry& task, const WorkerTable& workers,
                          const HostGate& gate, absl::Time now) {
  v1::TaskStatus view = StatusOfTask(task);
  switch (view.state()) {
    case v1::TaskStatus::RUNNING: {
      const v1::HeldLease* const report =
          ReportOf(workers.Find(task.lease->worker), task.lease->lease_id);
      if (report == nullptr) break;
      view.set_activity(report->activity());
      view.set_host(report->host());
      view.set_bytes_done(
          std::max(report->bytes_fetched(), report->bytes_pushed()));
      break;
    }
    case v1::TaskStatus::DELAYED:
      *view.mutable_retry_at() = ToProto(task.trouble_or_none().not_before);
      view.set_waits_for(task.trouble_or_none().last_reason);
      break;
    case v1::TaskStatus::SHARED:
      view.set_waits_for("an identical task, to share what comes of it");
      break;
    case v1::TaskStatus::READY:
      view.set_waits_for(
          WhyDemandWaits(*task.demand, task.phase, workers.pool(), now, &gate));
      break;
    default:
      break;
  }
  return view;
}

}  // namespace kso::coordinator
