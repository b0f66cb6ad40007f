// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_WORKER_TABLE_H_
#define KSO_COORDINATOR_ENGINE_WORKER_TABLE_H_

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "coordinator/core/schedule/worker_pool.h"
#include "coordinator/core/schedule/worker_view.h"
#include "coordinator/core/state/state.h"
#include "coordinator/engine/engine.h"
#include "coordinator/engine/engine_options.h"
#include "kso/v1/admin.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// A Sync that waits for something new.
struct ParkedSync {
  Engine::Done<v1::SyncResponse> done;
  // As in Engine::Caller.
  std::function<bool()> gone;
  // What the worker says it holds, without leases whose results it brought.
  std::set<std::string> held;
  std::vector<std::string> acknowledged;
  int free_slots = 0;
  absl::Time deadline;
};

// What is known of a worker while the coordinator runs. Only an operator's
// order to drain is durable.
struct Worker {
  // Never changes, so views of it stay good.
  std::string name;
  // As of the last WorkerTable::Settle, but for the info.
  WorkerView view;
  std::string session;
  int64_t sequence = 0;
  // Earlier sessions under this name.
  std::set<std::string> former_sessions;
  absl::Time last_seen;
  bool lost = false;
  // It said so itself, or an operator did.
  bool draining = false;
  bool drain_ordered = false;
  std::vector<v1::HeldLease> activity;
  int64_t tasks_done = 0;
  int failures_in_a_row = 0;
  int quarantines = 0;
  // The leases in the last reply.
  std::optional<std::set<std::string>> last_sent;
  std::optional<ParkedSync> parked;
  // Kept by WorkerTable.
  absl::Time due = absl::InfiniteFuture();
  const WorkerKind* idle_as = nullptr;

  // A new session under the same name: nothing but the past is kept.
  void Restart(const std::string& new_session);
};

// The workers by name, and which of them deserve a look. Who changes a worker
// gets it from here, and has it settled before the turn of the engine ends.
// What nobody touched costs nothing. Not thread safe.
class WorkerTable {
 public:
  using ByName = std::map<std::string_view, Worker*>;

  explicit WorkerTable(const EngineOptions& options) : options_(options) {}

  // Expects those workers back that hold leases or were ordered to drain.
  void Expect(const State& state, absl::Time now);

  // Null when there is no such worker.
  const Worker* Find(std::string_view name) const;
  // Marks a worker as touched, to be settled before the turn ends. Null when
  // there is none.
  Worker* Touch(std::string_view name);
  // The same; makes the worker where there is none.
  Worker& TouchOrAdd(const std::string& name);
  // Those for whom something is due by `now`, such as the end of a parked call.
  // Touches them.
  std::vector<Worker*> TakeDue(absl::Time now);
  // Workers that were touched since the last LetGo.
  const ByName& touched() const { return touched_; }
  void LetGo() { touched_.clear(); }

  // Brings in line with the worker what others see of it, and when it is due.
  // `wants_work`: it waits for tasks, and has slots for them.
  void Settle(Worker& worker, bool wants_work, absl::Time now);
  // Ready workers of the kind that want work.
  ByName& Idle(const WorkerKind& kind) { return idle_[&kind]; }
  // The worker is gone for good.
  void Forget(Worker& worker);

  // A task ended on the worker; `its_fault` when the worker's own trouble ended
  // it.
  void CountEnd(Worker& worker, bool its_fault, absl::Time now);

  // As of the last Settle.
  const WorkerPool& pool() const { return pool_; }
  std::map<std::string, Worker, std::less<>>& workers() { return workers_; }
  v1::ListWorkersResponse List(absl::Time now) const;
  // When something is due next.
  absl::Time NextDue() const;

 private:
  void UpdateView(Worker& worker, absl::Time now) const;
  absl::Time DueOf(const Worker& worker, absl::Time now) const;
  void SetDue(Worker& worker, absl::Time due);
  void SetIdle(Worker& worker, const WorkerKind* kind);

  const EngineOptions options_;
  std::map<std::string, Worker, std::less<>> workers_;
  WorkerPool pool_;
  ByName touched_;
  std::map<const WorkerKind*, ByName> idle_;
  std::set<std::pair<absl::Time, std::string>> due_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_WORKER_TABLE_H_
