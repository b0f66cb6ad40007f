// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_SYNC_DESK_H_
#define KSO_COORDINATOR_ENGINE_SYNC_DESK_H_

#include <string>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/core/schedule/scheduler.h"
#include "coordinator/engine/engine.h"
#include "coordinator/engine/engine_options.h"
#include "coordinator/engine/host_desk.h"
#include "coordinator/engine/transaction.h"
#include "coordinator/engine/worker_table.h"
#include "kso/v1/admin.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// The coordinator's side of Sync: takes results, grants and revokes leases, and
// answers. What a worker should hold is what State says it leases; the desk
// only says it, again and again. A turn of the engine calls Sync for each call
// that came, then Tick, Assign and Answer. Not thread safe.
class SyncDesk {
 public:
  // The pointers must outlive it.
  SyncDesk(const EngineOptions& options, WorkerTable* workers, HostDesk* hosts)
      : options_(options), workers_(*workers), hosts_(*hosts) {}

  // Takes the results and parks the call.
  void Sync(Transaction& turn, v1::SyncRequest request, Engine::Caller caller,
            Engine::Done<v1::SyncResponse> done);

  // The workers, and the hosts that have said something of their limits.
  v1::ListWorkersResponse List(const Transaction& turn) const;

  // Takes an operator's order: the worker gets no more tasks while it runs as
  // this session. NOT_FOUND when there is no such worker.
  absl::StatusOr<v1::DrainWorkerResponse> Drain(
      Transaction& turn, const v1::DrainWorkerRequest& request);

  // Revokes the leases of lost workers and those that are over their deadline,
  // and ends parked calls whose callers have gone.
  void Tick(Transaction& turn);

  // Grants tasks to parked workers with free slots, one each in turn, kind by
  // kind. Stops at the first of a kind for whom there is nothing, since then
  // there is nothing for the others.
  void Assign(Transaction& turn);

  // Answers the parked calls for which there is something new, or whose time
  // is over.
  void Answer(Transaction& turn);

  // Answers all parked calls with `status`.
  void Refuse(const absl::Status& status);

  // When Tick or Answer have something to do without anybody calling.
  absl::Time NextDeadline(const State& state, absl::Time now) const;

 private:
  // FAILED_PRECONDITION when another process goes by the same name.
  absl::Status Admit(Transaction& turn, Worker& worker,
                     const v1::SyncRequest& request);
  // Ends an operator's order to drain.
  void Undrain(Transaction& turn, const std::string& worker);
  void TakeResult(Transaction& turn, Worker& worker,
                  const v1::LeaseResult& result);
  // Those who waited for the result have it at the same time.
  void TakeSuccess(Transaction& turn, const TaskEntry& task,
                   const v1::TaskResult& result);
  void TakeFailure(Transaction& turn, Worker& worker, const TaskEntry& task,
                   const v1::Failure& failure);
  void RevokeAll(Transaction& turn, const Worker& worker,
                 const std::string& reason);
  // Settles all workers about whom something may be different.
  void Review(Transaction& turn);
  // Returns whether there may be more for them.
  bool AssignOneEach(Transaction& turn, HostGate& gate,
                     WorkerTable::ByName& idle);
  void Grant(Transaction& turn, const TaskEntry& task, Worker& worker);
  void Reply(Transaction& turn, Worker& worker);
  // Takes the parked call of a worker that has one.
  ParkedSync Unpark(Worker& worker, absl::Time now);
  // Ends the parked call of a worker if the caller has gone; returns whether it
  // has.
  bool EndIfGone(Transaction& turn, Worker& worker);
  void EndCallsOfGone(Transaction& turn);
  // How long to park a call that has brought nothing.
  absl::Duration PollOf(const v1::SyncRequest& request, const Worker& worker,
                        absl::Duration patience) const;
  std::string NewLeaseId();

  const EngineOptions options_;
  WorkerTable& workers_;
  HostDesk& hosts_;
  Scheduler scheduler_;
  absl::BitGen random_;
  // When parked calls are looked through for callers that have gone.
  absl::Time next_look_ = absl::InfiniteFuture();
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_SYNC_DESK_H_
