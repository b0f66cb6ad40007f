#include "coordinator/engine/worker_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "coordinator/core/words.h"

namespace kso::coordinator {

void Worker::Restart(const std::string& new_session) {
  if (!session.empty()) former_sessions.insert(session);
  former_sessions.erase(new_session);
  session = new_session;
  sequence = 0;
  draining = false;
  drain_ordered = false;
  failures_in_a_row = 0;
  quarantines = 0;
  quarantined_until = absl::InfinitePast();
  last_sent.reset();
  activity.clear();
}

void WorkerTable::Expect(const State& state, absl::Time now) {
  for (const auto& [lease_id, task_id] : state.leases()) {
    const LeaseEntry& lease = state.FindTask(task_id)->lease;
    Worker& worker = FindOrAdd(lease.worker);
    worker.session = lease.session;
    worker.last_seen = now;
    worker.expected = true;
  }
  for (const auto& [name, session] : state.drains()) {
    Worker& worker = FindOrAdd(name);
    worker.session = session;
    worker.last_seen = now;
    worker.expected = true;
    worker.drain_ordered = true;
  }
}

Worker& WorkerTable::FindOrAdd(const std::string& name) {
  const auto [entry, added] = workers_.try_emplace(name);
  if (added) entry->second.info.set_name(name);
  return entry->second;
}

Worker* WorkerTable::Find(std::string_view name) {
  const auto found = workers_.find(name);
  return found == workers_.end() ? nullptr : &found->second;
}

void WorkerTable::CountEnd(Worker& worker, bool its_fault, absl::Time now) {
  if (!its_fault) {
    worker.failures_in_a_row = 0;
    worker.quarantines = 0;
    return;
  }
  if (++worker.failures_in_a_row < options_.quarantine_after) return;
  absl::Duration quarantine = options_.first_quarantine;
  for (int i = 0;
       i < worker.quarantines && quarantine < options_.longest_quarantine;
       ++i) {
    quarantine *= 2;
  }
  ++worker.quarantines;
  worker.failures_in_a_row = 0;
  worker.quarantined_until =
      now + std::min(quarantine, options_.longest_quarantine);
}

void WorkerTable::Forget(absl::Time now) {
  for (auto it = workers_.begin(); it != workers_.end();) {
    const Worker& worker = it->second;
    const bool forget =
        worker.lost && worker.last_seen + options_.forget_worker_after <= now;
    it = forget ? workers_.erase(it) : std::next(it);
  }
}

WorkerView WorkerTable::ViewOf(const Worker& worker, absl::Time now) const {
  WorkerView view;
  view.info = worker.info;
  view.expected = worker.expected;
  if (worker.lost || worker.expected) {
    view.state = v1::WorkerStatus::LOST;
  } else if (!worker.info.unhealthy_reason().empty()) {
    view.state = v1::WorkerStatus::UNHEALTHY;
    view.reason = worker.info.unhealthy_reason();
  } else if (worker.draining || worker.drain_ordered) {
    view.state = v1::WorkerStatus::DRAINING;
  } else if (worker.quarantined_until > now) {
    view.state = v1::WorkerStatus::UNHEALTHY;
    view.reason = absl::StrCat(
        options_.quarantine_after, " tasks in a row failed on it; it is tried ",
        "again in ", DurationInWords(worker.quarantined_until - now));
  }
  return view;
}

WorkerViews WorkerTable::Views(absl::Time now) const {
  WorkerViews views;
  for (const auto& [name, worker] : workers_) {
    views.push_back(ViewOf(worker, now));
  }
  return views;
}

v1::ListWorkersResponse WorkerTable::List(absl::Time now) const {
  v1::ListWorkersResponse response;
  for (const auto& [name, worker] : workers_) {
    const WorkerView view = ViewOf(worker, now);
    v1::WorkerStatus* status = response.add_workers();
    *status->mutable_info() = worker.info;
    status->mutable_info()->set_unhealthy_reason(view.reason);
    status->set_state(view.state);
    *status->mutable_last_seen() = ToProto(worker.last_seen);
    *status->mutable_leases() = {worker.activity.begin(),
                                 worker.activity.end()};
    status->set_tasks_done(worker.tasks_done);
  }
  return response;
}

}  // namespace kso::coordinator
