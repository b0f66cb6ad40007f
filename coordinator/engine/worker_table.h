// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_WORKER_TABLE_H_
#define KSO_COORDINATOR_ENGINE_WORKER_TABLE_H_

#include <deque>
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

// A Sync call that is parked until there is something new.
struct ParkedSync {
  Engine::Done<v1::SyncResponse> done;
  // Returns whether the caller has gone, as in Engine::Caller.
  std::function<bool()> gone;
  // The leases that the worker says it holds, without those whose results it
  // brought.
  std::set<std::string> held;
  std::vector<std::string> acknowledged;
  // The orders to prune that it knows.
  std::set<std::string> known_prunes;
  int free_slots = 0;
  absl::Time deadline;
};

// A worker, as the coordinator knows it while it runs. Of this, only an
// operator's order to drain is durable.
struct Worker {
  // The name never changes, so views of it stay valid.
  std::string name;
  // The worker as the scheduler sees it. All but the info is as of the last
  // WorkerTable::Settle.
  WorkerView view;
  std::string session;
  int64_t sequence = 0;
  // The latest of the earlier sessions under this name, the oldest first. They
  // tell two processes of one name, which take over from each other, from one
  // that was started again.
  std::deque<std::string> former_sessions;
  absl::Time last_seen;
  bool lost = false;
  // The worker drains by its own word, or by an operator's order.
  bool draining = false;
  bool drain_ordered = false;
  // The leases that it said last it holds, and when it said so.
  std::vector<v1::HeldLease> activity;
  absl::Time reported;
  int64_t tasks_done = 0;
  // The reason why it is not trusted; empty when it is.
  std::string distrusted;
  int failures_in_a_row = 0;
  int quarantines = 0;
  // The ids of the leases in the last reply.
  std::optional<std::set<std::string>> last_sent;
  std::optional<ParkedSync> parked;
  // These belong to WorkerTable: the key of the worker in its indexes.
  absl::Time due = absl::InfiniteFuture();
  const WorkerKind* idle_as = nullptr;

  // Begins a new session under the same name; only the past sessions are kept.
  void Restart(const std::string& new_session);
  // Returns whether the session is among the earlier ones that are remembered.
  bool WasReplaced(std::string_view former_session) const;
};

// NOT_FOUND, for a request about a worker that is not in the table. The name
// may be anything.
absl::Status NoWorker(std::string_view name);

// The workers by name, with indexes of those that are idle or have something
// due. To change a worker is to Touch it first, and to Settle it before the
// turn of the engine ends, which brings the indexes in line. A worker that is
// not touched costs a turn nothing. Not thread safe.
class WorkerTable {
 public:
  using ByName = std::map<std::string_view, Worker*>;

  explicit WorkerTable(const EngineOptions& options) : options_(options) {}

  // After a restart: expects those workers back that hold leases or were
  // ordered to drain.
  void Expect(const State& state, absl::Time now);

  // Null when there is no such worker.
  const Worker* Find(std::string_view name) const;
  // Marks a worker as touched, to be settled before the turn ends. Null when
  // there is none.
  Worker* Touch(std::string_view name);
  // The same; makes the worker where there is none.
  Worker& TouchOrAdd(const std::string& name);
  // Touches and returns the workers that have something due by `now`, such as
  // the end of a parked call.
  std::vector<Worker*> TakeDue(absl::Time now);
  // Workers that were touched since the last LetGo.
  const ByName& touched() const { return touched_; }
  void LetGo();

  // Brings the indexes and the scheduler's view in line with the worker.
  // `wants_work`: the worker waits for tasks, and has slots for them.
  void Settle(Worker& worker, bool wants_work, absl::Time now);
  // The ready workers of the kind that want work.
  ByName& Idle(const WorkerKind& kind) { return idle_[&kind]; }
  // Removes a worker that is gone for good.
  void Forget(Worker& worker);

  // Counts the end of a task on the worker, for its quarantine. `its_fault`:
  // the task failed for a reason of the worker's own.
  void CountEnd(Worker& worker, bool its_fault, absl::Time now);

  // The workers as of the last Settle.
  const WorkerPool& pool() const { return pool_; }
  std::map<std::string, Worker, std::less<>>& workers() { return workers_; }
  int64_t size() const { return static_cast<int64_t>(workers_.size()); }
  v1::ListWorkersResponse List(absl::Time now) const;
  // The time at which a worker has something due next.
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
  // Kinds may be among them that no worker is of any more.
  std::map<const WorkerKind*, ByName> idle_;
  std::set<std::pair<absl::Time, std::string>> due_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_WORKER_TABLE_H_
