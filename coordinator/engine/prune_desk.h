// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_PRUNE_DESK_H_
#define KSO_COORDINATOR_ENGINE_PRUNE_DESK_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/engine/farm_queries.h"
#include "coordinator/engine/transaction.h"
#include "coordinator/engine/worker_table.h"
#include "kso/v1/admin.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// Operators' orders that workers prune their caches, one for each worker. An
// order is repeated to the worker until it reports the end. None of it is
// durable: after a restart of the coordinator an operator orders again. Not
// thread safe.
class PruneDesk {
 public:
  // `workers` must outlive it.
  explicit PruneDesk(WorkerTable* workers) : workers_(*workers) {}

  // AdminService.PruneCache.
  void Prune(Transaction& turn, const v1::PruneCacheRequest& request,
             EngineDone<v1::PruneCacheResponse> done);

  // Takes what a worker reports, out of its info. Returns the ids of the orders
  // that it knows.
  std::set<std::string> Hear(v1::WorkerInfo& info);

  // The order that the worker has still to carry out; null when there is none.
  const v1::PruneOrder* OrderFor(std::string_view worker) const;

  // Drops the order of a worker that is gone for good.
  void Forget(std::string_view worker);

  // Answers the calls whose orders have ended, and those whose time is over.
  void Answer(Transaction& turn);
  // Answers all parked calls with `status`.
  void Refuse(const absl::Status& status);
  // The next time at which Answer has something to do even if nobody calls.
  absl::Time NextDeadline() const;

 private:
  struct Standing {
    v1::PruneOrder order;
    v1::PruneReport report;
  };
  struct Waiter {
    std::string worker;
    std::string order_id;
    absl::Time deadline;
    EngineDone<v1::PruneCacheResponse> done;
  };

  absl::Status Order(const v1::PruneCacheRequest& request);
  // The report of an order, as far as there is one.
  absl::StatusOr<v1::PruneCacheResponse> ResponseOf(
      const std::string& worker, const std::string& order_id) const;

  WorkerTable& workers_;
  std::map<std::string, Standing, std::less<>> standing_;
  std::vector<Waiter> waiters_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_PRUNE_DESK_H_
