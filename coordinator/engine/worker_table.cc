// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/worker_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "common/run/retry.h"
#include "common/text/printable_text.h"

namespace kso::coordinator {
namespace {

// A worker may say a new session in each call.
constexpr size_t kMostFormerSessions = 16;
constexpr size_t kLongestShown = 255;

}  // namespace

absl::Status NoWorker(std::string_view name) {
  return absl::NotFoundError(absl::StrCat("there is no worker \"",
                                          PrintableText(name, kLongestShown),
                                          "\"; `ksoctl workers` lists them"));
}

void Worker::Restart(const std::string& new_session) {
  std::erase(former_sessions, new_session);
  if (!session.empty()) former_sessions.push_back(session);
  if (former_sessions.size() > kMostFormerSessions) former_sessions.pop_front();
  session = new_session;
  sequence = 0;
  draining = false;
  drain_ordered = false;
  failures_in_a_row = 0;
  quarantines = 0;
  view.quarantined_until = absl::InfinitePast();
  last_sent.reset();
  activity.clear();
}

bool Worker::WasReplaced(std::string_view former_session) const {
  return std::find(former_sessions.begin(), former_sessions.end(),
                   former_session) != former_sessions.end();
}

void WorkerTable::Expect(const State& state, absl::Time now) {
  for (const auto& [lease_id, task] : state.leases()) {
    Worker& worker = TouchOrAdd(task->lease->worker);
    worker.session = task->lease->session;
    worker.last_seen = now;
    worker.view.expected = true;
  }
  for (const auto& [name, session] : state.drains()) {
    Worker& worker = TouchOrAdd(name);
    worker.session = session;
    worker.last_seen = now;
    worker.view.expected = true;
    worker.drain_ordered = true;
  }
}

Worker& WorkerTable::TouchOrAdd(const std::string& name) {
  const auto [entry, added] = workers_.try_emplace(name);
  if (added) {
    entry->second.name = name;
    entry->second.view.info.set_name(name);
  }
  touched_[entry->first] = &entry->second;
  return entry->second;
}

const Worker* WorkerTable::Find(std::string_view name) const {
  const auto found = workers_.find(name);
  return found == workers_.end() ? nullptr : &found->second;
}

Worker* WorkerTable::Touch(std::string_view name) {
  const auto found = workers_.find(name);
  if (found == workers_.end()) return nullptr;
  touched_[found->first] = &found->second;
  return &found->second;
}

std::vector<Worker*> WorkerTable::TakeDue(absl::Time now) {
  std::vector<Worker*> workers;
  for (auto it = due_.begin(); it != due_.end() && it->first <= now; ++it) {
    workers.push_back(Touch(it->second));
  }
  return workers;
}

void WorkerTable::LetGo() {
  touched_.clear();
  if (idle_.size() <= 2 * pool_.kinds().size()) return;
  std::erase_if(idle_, [](const auto& entry) { return entry.second.empty(); });
}

void WorkerTable::Settle(Worker& worker, bool wants_work, absl::Time now) {
  UpdateView(worker, now);
  const WorkerPool::Member& member = pool_.Put(worker.view);
  SetIdle(worker, wants_work && member.ready ? member.kind : nullptr);
  SetDue(worker, DueOf(worker, now));
}

void WorkerTable::Forget(Worker& worker) {
  SetIdle(worker, nullptr);
  SetDue(worker, absl::InfiniteFuture());
  touched_.erase(worker.name);
  pool_.Remove(worker.name);
  workers_.erase(workers_.find(worker.name));
}

void WorkerTable::CountEnd(Worker& worker, bool its_fault, absl::Time now) {
  if (!its_fault) {
    worker.failures_in_a_row = 0;
    worker.quarantines = 0;
    return;
  }
  if (++worker.failures_in_a_row < options_.quarantine_after) return;
  const absl::Duration quarantine =
      ExponentialDelay({.first = options_.first_quarantine,
                        .longest = options_.longest_quarantine},
                       worker.quarantines);
  ++worker.quarantines;
  worker.failures_in_a_row = 0;
  worker.view.quarantined_until = now + quarantine;
}

void WorkerTable::UpdateView(Worker& worker, absl::Time now) const {
  WorkerView& view = worker.view;
  view.state = v1::WorkerStatus::READY;
  view.reason.clear();
  if (worker.lost || view.expected) {
    view.state = v1::WorkerStatus::LOST;
  } else if (!worker.distrusted.empty()) {
    view.state = v1::WorkerStatus::UNHEALTHY;
    view.reason = absl::StrCat("it is not trusted: ", worker.distrusted);
  } else if (!view.info.unhealthy_reason().empty()) {
    view.state = v1::WorkerStatus::UNHEALTHY;
    view.reason = view.info.unhealthy_reason();
  } else if (worker.draining || worker.drain_ordered) {
    view.state = v1::WorkerStatus::DRAINING;
  } else if (view.quarantined_until > now) {
    view.state = v1::WorkerStatus::UNHEALTHY;
    view.reason =
        absl::StrCat(options_.quarantine_after, " tasks in a row failed on it");
  }
}

absl::Time WorkerTable::DueOf(const Worker& worker, absl::Time now) const {
  const absl::Time due = worker.parked.has_value() ? worker.parked->deadline
                         : worker.lost
                             ? worker.last_seen + options_.forget_worker_after
                             : worker.last_seen + options_.worker_timeout;
  const absl::Time quarantined_until = worker.view.quarantined_until;
  return quarantined_until > now ? std::min(due, quarantined_until) : due;
}

void WorkerTable::SetDue(Worker& worker, absl::Time due) {
  if (due == worker.due) return;
  due_.erase({worker.due, worker.name});
  worker.due = due;
  if (due != absl::InfiniteFuture()) due_.insert({due, worker.name});
}

void WorkerTable::SetIdle(Worker& worker, const WorkerKind* kind) {
  if (kind == worker.idle_as) return;
  if (worker.idle_as != nullptr) idle_[worker.idle_as].erase(worker.name);
  worker.idle_as = kind;
  if (kind != nullptr) idle_[kind][worker.name] = &worker;
}

absl::Time WorkerTable::NextDue() const {
  return due_.empty() ? absl::InfiniteFuture() : due_.begin()->first;
}

v1::ListWorkersResponse WorkerTable::List(absl::Time now) const {
  v1::ListWorkersResponse response;
  for (const auto& [name, worker] : workers_) {
    v1::WorkerStatus* status = response.add_workers();
    *status->mutable_info() = worker.view.info;
    if (worker.view.state == v1::WorkerStatus::UNHEALTHY) {
      status->mutable_info()->set_unhealthy_reason(
          NotReadyInWords(worker.view, now));
    }
    status->set_state(worker.view.state);
    // A worker whose call is parked is there now.
    *status->mutable_last_seen() =
        ToProto(worker.parked.has_value() ? now : worker.last_seen);
    *status->mutable_leases() = {worker.activity.begin(),
                                 worker.activity.end()};
    status->set_tasks_done(worker.tasks_done);
  }
  return response;
}

}  // namespace kso::coordinator
