// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_SYNC_DESK_H_
#define KSO_COORDINATOR_ENGINE_SYNC_DESK_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/core/schedule/scheduler.h"
#include "coordinator/engine/engine.h"
#include "coordinator/engine/engine_options.h"
#include "coordinator/engine/host_desk.h"
#include "coordinator/engine/prune_desk.h"
#include "coordinator/engine/transaction.h"
#include "coordinator/engine/worker_table.h"
#include "kso/v1/admin.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// The coordinator's side of Sync: takes results, grants and revokes leases, and
// answers. The protocol is level-triggered: a worker should hold the leases
// that State has for it, and each answer lists all of them, until the worker
// reports that it holds them. A turn of the engine calls Sync for each call
// that has come, then Tick, Assign and Answer. Not thread safe.
class SyncDesk {
 public:
  // The pointers must outlive it.
  SyncDesk(const EngineOptions& options, WorkerTable* workers, HostDesk* hosts,
           PruneDesk* prunes)
      : options_(options),
        workers_(*workers),
        hosts_(*hosts),
        prunes_(*prunes) {}

  // Takes the results and parks the call.
  void Sync(Transaction& turn, v1::SyncRequest request, Engine::Caller caller,
            Engine::Done<v1::SyncResponse> done);

  // Says when somebody looked last at how far a build is.
  void SetLastLook(absl::Time time) { last_look_ = time; }

  // Lists the workers, and the hosts that have said something of their limits.
  v1::ListWorkersResponse List(const Transaction& turn) const;

  // Takes an operator's order: the worker gets no more tasks while it runs as
  // this session. NOT_FOUND when there is no such worker.
  absl::StatusOr<v1::DrainWorkerResponse> Drain(
      Transaction& turn, const v1::DrainWorkerRequest& request);

  // Takes that order back. NOT_FOUND when there is no such worker.
  absl::StatusOr<v1::UndrainWorkerResponse> Undrain(
      Transaction& turn, const v1::UndrainWorkerRequest& request);

  // Takes an operator's word that a worker is not to be trusted, and that it is
  // again. NOT_FOUND when nothing is known of it, or nothing against it.
  absl::StatusOr<v1::DistrustWorkerResponse> Distrust(
      Transaction& turn, const v1::DistrustWorkerRequest& request);
  absl::StatusOr<v1::TrustWorkerResponse> Trust(
      Transaction& turn, const v1::TrustWorkerRequest& request);

  // Revokes the leases of lost workers and those past their deadlines, and ends
  // parked calls whose callers have gone.
  void Tick(Transaction& turn);

  // Grants tasks to parked workers with free slots, one each in turn, kind by
  // kind. Stops at the first worker of a kind for which there is nothing, since
  // then there is nothing for the others either.
  void Assign(Transaction& turn);

  // Answers the parked calls that have something new, or whose time is over.
  void Answer(Transaction& turn);

  // Answers all parked calls with `status`.
  void Refuse(const absl::Status& status);

  // The next time at which Tick or Answer has something to do even if nobody
  // calls.
  absl::Time NextDeadline(const State& state, absl::Time now) const;

 private:
  // Takes a new session of a worker in. FAILED_PRECONDITION when another
  // process goes by the same name.
  absl::Status Admit(Transaction& turn, Worker& worker,
                     const v1::SyncRequest& request);
  // Ends an operator's order to drain.
  void EndOrder(Transaction& turn, const std::string& worker);
  void TakeResult(Transaction& turn, Worker& worker,
                  const v1::LeaseResult& result);
  // Gives the result to the identical tasks that waited for it, too.
  void TakeSuccess(Transaction& turn, const TaskEntry& task,
                   const v1::TaskResult& result);
  void TakeFailure(Transaction& turn, Worker& worker, const TaskEntry& task,
                   v1::Failure failure);
  // The decision on what a verification says of the makers of wrong layers.
  struct Verdict {
    // They are not trusted any more. Empty where that is not said.
    std::set<std::string> guilty = {};
    // Another worker can look, which made none of these layers.
    bool witness = false;
  };
  // One worker's word stands against another's, so a third one looks, where
  // there is one that runs the platform as well; a maker's own word is none.
  // Where there is nobody else, the one that looked is believed about one
  // worker, but not about several: else one that lies would be the only one
  // left. Who accuses for nothing is quarantined in the end.
  Verdict Judge(const TaskEntry& task, const Worker& accuser,
                const std::set<std::string>& makers) const;
  // A verification found layers that do not hold what they should.
  void TakeAccusation(Transaction& turn, Worker& accuser, const TaskEntry& task,
                      v1::Failure failure);
  v1::DistrustWorkerResponse DistrustNow(Transaction& turn,
                                         const std::string& name,
                                         const std::string& reason,
                                         const BuildEntry* spared);
  void RevokeAll(Transaction& turn, const Worker& worker,
                 const std::string& reason);
  // Settles all workers that were touched.
  void Review(Transaction& turn);
  // Returns whether there may be more tasks for these workers.
  bool AssignOneEach(Transaction& turn, HostGate& gate,
                     WorkerTable::ByName& idle);
  void Grant(Transaction& turn, const TaskEntry& task, Worker& worker);
  // Returns whether a parked worker has still to hear of an order to prune.
  bool IsToPrune(const Worker& worker) const;
  void Reply(Transaction& turn, Worker& worker);
  // Takes the parked call of a worker that has one.
  ParkedSync Unpark(Worker& worker, absl::Time now);
  // Ends the parked call of a worker if its caller has gone, and returns
  // whether it has.
  bool EndIfGone(Transaction& turn, Worker& worker);
  void EndCallsOfGone(Transaction& turn);
  // The time for which to park a call that has brought nothing.
  absl::Duration PollOf(const v1::SyncRequest& request, const Worker& worker,
                        absl::Duration patience, absl::Time now) const;
  std::string NewLeaseId();

  const EngineOptions options_;
  WorkerTable& workers_;
  HostDesk& hosts_;
  PruneDesk& prunes_;
  Scheduler scheduler_;
  absl::Time last_look_ = absl::InfinitePast();
  // The next time to look for parked calls whose callers have gone.
  absl::Time next_look_ = absl::InfiniteFuture();
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_SYNC_DESK_H_
