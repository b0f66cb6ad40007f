#include "coordinator/engine/sync_desk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/proto_time.h"
#include "coordinator/core/retry_policy.h"
#include "coordinator/core/words.h"

namespace kso::coordinator {
namespace {

// Where a reply tells the worker nothing new, it is given time to do what the
// last one said.
constexpr absl::Duration kPause = absl::Seconds(1);

v1::Failure Infrastructure(std::string reason) {
  v1::Failure failure;
  failure.set_kind(v1::Failure::INFRASTRUCTURE);
  failure.set_reason(std::move(reason));
  return failure;
}

absl::Status CheckRequest(const v1::SyncRequest& request) {
  if (request.worker().name().empty() || request.session().empty()) {
    return absl::InvalidArgumentError("a worker has a name and a session");
  }
  return absl::OkStatus();
}

// Slots that the worker has and has not been given a task for.
int Available(const State& state, const Worker& worker) {
  int available = worker.parked->free_slots;
  for (const std::string& lease : state.LeasesOf(worker.info.name())) {
    if (!worker.parked->held.contains(lease)) --available;
  }
  return available;
}

}  // namespace

absl::Status SyncDesk::Admit(Transaction& turn, Worker& worker,
                             const v1::SyncRequest& request) {
  const std::string& name = request.worker().name();
  if (worker.session == request.session()) return absl::OkStatus();
  if (worker.former_sessions.contains(request.session()) && !worker.lost) {
    return absl::FailedPreconditionError(
        absl::StrCat("another worker calls itself \"", name,
                     "\" and took over; give each worker a --name of its own"));
  }
  RevokeAll(turn, worker, absl::StrCat("worker ", name, " was started again"));
  worker.Restart(request.session());
  Undrain(turn, name);
  return absl::OkStatus();
}

void SyncDesk::Undrain(Transaction& turn, const std::string& worker) {
  if (!turn.state().drains().contains(worker)) return;
  v1::JournalRecord record;
  record.mutable_worker_undrained()->set_worker(worker);
  turn.Record(std::move(record));
}

void SyncDesk::Sync(Transaction& turn, v1::SyncRequest request,
                    Engine::Done<v1::SyncResponse> done) {
  const auto refuse = [&](absl::Status status) {
    turn.Defer([done = std::move(done), status]() mutable { done(status); });
  };
  if (const absl::Status status = CheckRequest(request); !status.ok()) {
    return refuse(status);
  }
  Worker& worker = workers_.FindOrAdd(request.worker().name());
  if (const absl::Status status = Admit(turn, worker, request); !status.ok()) {
    return refuse(status);
  }
  if (request.sequence() < worker.sequence) {
    return refuse(absl::AbortedError("a later call has come before this one"));
  }
  if (worker.parked.has_value()) {
    Reply(turn, worker);
    // Nobody waits for that answer any more.
    worker.last_sent.reset();
  }
  worker.info = request.worker();
  hosts_.Observe(turn, worker.info, worker.session);
  worker.info.clear_hosts();
  worker.sequence = request.sequence();
  worker.last_seen = turn.now();
  worker.lost = false;
  worker.expected = false;
  worker.draining = request.draining();
  worker.activity = {request.held().begin(), request.held().end()};

  ParkedSync parked;
  parked.done = std::move(done);
  parked.free_slots = request.free_slots();
  for (const v1::HeldLease& held : request.held()) {
    parked.held.insert(held.lease_id());
  }
  for (const v1::LeaseResult& result : request.results()) {
    TakeResult(turn, worker, result);
    parked.held.erase(result.lease_id());
    parked.acknowledged.push_back(result.lease_id());
  }
  // A drained worker is told at once that it may go.
  const bool drained = request.draining() && request.held().empty();
  const bool wait = parked.acknowledged.empty() && !drained;
  parked.deadline =
      wait ? turn.now() + options_.long_poll : absl::InfinitePast();
  worker.parked = std::move(parked);
}

void SyncDesk::TakeResult(Transaction& turn, Worker& worker,
                          const v1::LeaseResult& result) {
  const TaskEntry* task = turn.state().FindLease(result.lease_id());
  if (task == nullptr || task->lease.worker != worker.info.name() ||
      task->lease.session != worker.session) {
    return;
  }
  switch (result.outcome_case()) {
    case v1::LeaseResult::kResult: {
      if (!ResultFits(task->task, result.result())) {
        return TakeFailure(turn, worker, *task,
                           Infrastructure("the worker's result is of another "
                                          "kind than the task"));
      }
      v1::JournalRecord record;
      v1::TaskFinished* change = record.mutable_task_finished();
      change->set_task_id(task->task.task_id());
      change->set_lease_id(result.lease_id());
      change->set_worker(worker.info.name());
      *change->mutable_result() = result.result();
      turn.Record(std::move(record));
      hosts_.Succeeded(task->task);
      ++worker.tasks_done;
      return workers_.CountEnd(worker, false, turn.now());
    }
    case v1::LeaseResult::kFailure:
      return TakeFailure(turn, worker, *task, result.failure());
    case v1::LeaseResult::kReturned:
      return turn.Record(AfterReturn(*task));
    case v1::LeaseResult::OUTCOME_NOT_SET:
      return TakeFailure(turn, worker, *task,
                         Infrastructure("the worker did not say how the task "
                                        "ended"));
  }
}

void SyncDesk::TakeFailure(Transaction& turn, Worker& worker,
                           const TaskEntry& task, const v1::Failure& failure) {
  workers_.CountEnd(worker, failure.kind() == v1::Failure::INFRASTRUCTURE,
                    turn.now());
  turn.Record(AfterFailure(task, failure, false, turn.now(), options_.retry));
}

void SyncDesk::RevokeAll(Transaction& turn, const Worker& worker,
                         const std::string& reason) {
  // A copy: each record takes one away.
  const std::set<std::string> leases =
      turn.state().LeasesOf(worker.info.name());
  for (const std::string& lease : leases) {
    turn.Record(AfterFailure(*turn.state().FindLease(lease),
                             Infrastructure(reason), true, turn.now(),
                             options_.retry));
  }
}

void SyncDesk::Tick(Transaction& turn) {
  for (auto& [name, worker] : workers_.workers()) {
    if (worker.lost || worker.parked.has_value() ||
        worker.last_seen + options_.worker_timeout > turn.now()) {
      continue;
    }
    worker.lost = true;
    worker.expected = false;
    worker.activity.clear();
    RevokeAll(turn, worker, absl::StrCat("worker ", name, " was lost"));
  }
  std::vector<const TaskEntry*> late;
  for (const auto& [lease, task_id] : turn.state().leases()) {
    const TaskEntry* task = turn.state().FindTask(task_id);
    if (task->lease.deadline <= turn.now()) late.push_back(task);
  }
  for (const TaskEntry* task : late) {
    turn.Record(AfterFailure(
        *task,
        Infrastructure(absl::StrCat("worker ", task->lease.worker,
                                    " took longer than ",
                                    DurationInWords(options_.lease_duration))),
        false, turn.now(), options_.retry));
  }
  workers_.Forget(turn.now());
  std::vector<std::string> forgotten;
  for (const auto& [name, session] : turn.state().drains()) {
    if (workers_.Find(name) == nullptr) forgotten.push_back(name);
  }
  for (const std::string& name : forgotten) Undrain(turn, name);
}

void SyncDesk::Assign(Transaction& turn) {
  const WorkerViews views = workers_.Views(turn.now());
  HostGate gate = hosts_.GateOf(turn.state(), turn.now());
  bool granted = true;
  while (granted) {
    granted = false;
    for (auto& [name, worker] : workers_.workers()) {
      if (!worker.parked.has_value() || Available(turn.state(), worker) <= 0) {
        continue;
      }
      granted |= Grant(turn, views, gate, worker);
    }
  }
}

bool SyncDesk::Grant(Transaction& turn, const WorkerViews& views,
                     HostGate& gate, Worker& worker) {
  const std::string& name = worker.info.name();
  const auto view = std::find_if(
      views.begin(), views.end(),
      [&](const WorkerView& each) { return each.info.name() == name; });
  if (view == views.end()) return false;
  const std::optional<std::string> task =
      scheduler_.Pick(turn.state(), views, *view, turn.now(), &gate);
  if (!task.has_value()) return false;
  v1::JournalRecord record;
  v1::LeaseGranted* change = record.mutable_lease_granted();
  change->set_task_id(*task);
  change->set_lease_id(NewLeaseId());
  change->set_worker(name);
  change->set_session(worker.session);
  *change->mutable_deadline() = ToProto(turn.now() + options_.lease_duration);
  turn.Record(std::move(record));
  gate.Started(turn.state().FindTask(*task)->task);
  return true;
}

void SyncDesk::Answer(Transaction& turn) {
  for (auto& [name, worker] : workers_.workers()) {
    if (!worker.parked.has_value()) continue;
    if (worker.parked->deadline <= turn.now() ||
        turn.state().LeasesOf(name) != worker.parked->held) {
      Reply(turn, worker);
    }
  }
}

void SyncDesk::Reply(Transaction& turn, Worker& worker) {
  ParkedSync parked = *std::exchange(worker.parked, std::nullopt);
  const std::set<std::string>& leases =
      turn.state().LeasesOf(worker.info.name());
  v1::SyncResponse response;
  for (const std::string& lease_id : leases) {
    const TaskEntry* task = turn.state().FindLease(lease_id);
    v1::Lease* lease = response.add_leases();
    lease->set_lease_id(lease_id);
    lease->set_attempt(task->attempts);
    *lease->mutable_deadline() = ToProto(task->lease.deadline);
    *lease->mutable_task() = task->task;
  }
  *response.mutable_acknowledged_lease_ids() = {parked.acknowledged.begin(),
                                                parked.acknowledged.end()};
  const bool nothing_new = leases != parked.held &&
                           worker.last_sent == leases &&
                           parked.acknowledged.empty();
  *response.mutable_next_sync() =
      ToProto(nothing_new ? kPause : absl::ZeroDuration());
  worker.last_sent = leases;
  turn.Defer([done = std::move(parked.done),
              response = std::move(response)]() mutable {
    done(std::move(response));
  });
}

void SyncDesk::Refuse(const absl::Status& status) {
  for (auto& [name, worker] : workers_.workers()) {
    if (!worker.parked.has_value()) continue;
    ParkedSync parked = *std::exchange(worker.parked, std::nullopt);
    parked.done(status);
  }
}

absl::Time SyncDesk::NextDeadline(const State& state, absl::Time now) {
  absl::Time next = hosts_.NextDeadline(now);
  for (const auto& [name, worker] : workers_.workers()) {
    if (worker.parked.has_value()) {
      next = std::min(next, worker.parked->deadline);
    } else if (!worker.lost) {
      next = std::min(next, worker.last_seen + options_.worker_timeout);
    } else {
      next = std::min(next, worker.last_seen + options_.forget_worker_after);
    }
    if (worker.quarantined_until > now) {
      next = std::min(next, worker.quarantined_until);
    }
  }
  for (const auto& [lease, task_id] : state.leases()) {
    next = std::min(next, state.FindTask(task_id)->lease.deadline);
  }
  for (const auto& [time, task_id] : state.delayed()) {
    if (time <= now) continue;
    next = std::min(next, time);
    break;
  }
  return next;
}

std::string SyncDesk::NewLeaseId() {
  if (options_.new_lease_id) return options_.new_lease_id();
  return absl::StrFormat("%016x", absl::Uniform<uint64_t>(random_));
}

}  // namespace kso::coordinator
