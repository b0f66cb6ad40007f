#ifndef KSO_COORDINATOR_CORE_WORKER_VIEW_H_
#define KSO_COORDINATOR_CORE_WORKER_VIEW_H_

#include <string>
#include <vector>

#include "kso/v1/admin.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// A worker as far as placing tasks goes.
struct WorkerView {
  v1::WorkerInfo info;
  v1::WorkerStatus::State state = v1::WorkerStatus::READY;
  // Held leases before the coordinator's restart and may still come back with
  // them: nothing is known of it but its name.
  bool expected = false;
  // Why it gets nothing where the state does not say.
  std::string reason;

  bool ready() const { return state == v1::WorkerStatus::READY && !expected; }
};

using WorkerViews = std::vector<WorkerView>;

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_WORKER_VIEW_H_
