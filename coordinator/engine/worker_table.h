#ifndef KSO_COORDINATOR_ENGINE_WORKER_TABLE_H_
#define KSO_COORDINATOR_ENGINE_WORKER_TABLE_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "coordinator/core/state.h"
#include "coordinator/core/worker_view.h"
#include "coordinator/engine/engine.h"
#include "coordinator/engine/engine_options.h"
#include "kso/v1/admin.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// A Sync that waits for something new.
struct ParkedSync {
  Engine::Done<v1::SyncResponse> done;
  // What the worker says it holds, without leases whose results it brought.
  std::set<std::string> held;
  std::vector<std::string> acknowledged;
  int free_slots = 0;
  absl::Time deadline;
};

// What is known of a worker while the coordinator runs. Only an operator's
// order to drain is durable.
struct Worker {
  v1::WorkerInfo info;
  std::string session;
  int64_t sequence = 0;
  // Earlier sessions under this name.
  std::set<std::string> former_sessions;
  absl::Time last_seen;
  bool lost = false;
  // The journal knows it, and it has not called since the restart.
  bool expected = false;
  // It said so itself, or an operator did.
  bool draining = false;
  bool drain_ordered = false;
  std::vector<v1::HeldLease> activity;
  int64_t tasks_done = 0;
  int failures_in_a_row = 0;
  int quarantines = 0;
  absl::Time quarantined_until = absl::InfinitePast();
  // The leases in the last reply.
  std::optional<std::set<std::string>> last_sent;
  std::optional<ParkedSync> parked;

  // A new session under the same name: nothing but the past is kept.
  void Restart(const std::string& new_session);
};

// The workers by name. Not thread safe.
class WorkerTable {
 public:
  explicit WorkerTable(const EngineOptions& options) : options_(options) {}

  // Expects those workers back that hold leases or were ordered to drain.
  void Expect(const State& state, absl::Time now);

  Worker& FindOrAdd(const std::string& name);
  // Null when there is none.
  Worker* Find(std::string_view name);
  std::map<std::string, Worker, std::less<>>& workers() { return workers_; }

  // A task ended on the worker; `its_fault` when the worker's own trouble ended
  // it.
  void CountEnd(Worker& worker, bool its_fault, absl::Time now);

  // Drops those that have been lost for long.
  void Forget(absl::Time now);

  WorkerViews Views(absl::Time now) const;
  v1::ListWorkersResponse List(absl::Time now) const;

 private:
  WorkerView ViewOf(const Worker& worker, absl::Time now) const;

  const EngineOptions options_;
  std::map<std::string, Worker, std::less<>> workers_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_WORKER_TABLE_H_
