// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/sync_desk.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/proto_time.h"
#include "common/base/sizes.h"
#include "common/rpc/protocol_version.h"
#include "common/text/printable_text.h"
#include "common/text/text.h"
#include "coordinator/core/base/result_check.h"
#include "coordinator/core/base/words.h"
#include "coordinator/core/flow/distrust.h"
#include "coordinator/core/schedule/retry_policy.h"

namespace kso::coordinator {
namespace {

// The pause after a reply that tells a worker nothing new: the worker needs
// time to do what the last one said.
constexpr absl::Duration kPause = absl::Seconds(1);

// Long polls are cut by up to this part of them, so that workers that came
// together do not come together again.
constexpr double kScatter = 0.2;

// The longest name of a worker or session.
constexpr size_t kLongestName = 255;

// New leases are told in portions of about so many bytes, or of one lease: a
// message may have 64 MiB (common/rpc/channel.h), and a task 48 MiB
// (core/plan/plan_limits.h).
constexpr size_t kPortion = 8 << 20;

// The activities of more leases than this are not shown.
constexpr int kMostShown = 4 * kMostSlots;
// More bytes than one task can move.
constexpr int64_t kMostBytesShown = kLargestContent * 1024;

v1::Failure Infrastructure(std::string reason) {
  v1::Failure failure;
  failure.set_kind(v1::Failure::INFRASTRUCTURE);
  failure.set_reason(std::move(reason));
  return failure;
}

// The failure of a task whose result does not fit it.
v1::Failure FailureOf(const absl::Status& fits) {
  v1::Failure failure = Infrastructure(std::string(fits.message()));
  if (absl::IsInvalidArgument(fits)) failure.set_kind(v1::Failure::PERMANENT);
  return failure;
}

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName &&
         PrintableText(text) == text;
}

absl::Status CheckRequest(const v1::SyncRequest& request) {
  if (!IsName(request.worker().name()) || !IsName(request.session())) {
    return absl::InvalidArgumentError(
        absl::StrCat("a worker has a name and a session, each printable and of "
                     "at most ",
                     kLongestName, " bytes"));
  }
  return rpc::CheckProtocol(request.protocol(),
                            "worker " + request.worker().name(),
                            "the coordinator");
}

// A worker's counts are sums of what hosts sent, which are bounded nowhere.
void BoundBytes(v1::HeldLease& lease) {
  const auto bound = [](int64_t bytes) {
    return std::clamp<int64_t>(bytes, 0, kMostBytesShown);
  };
  lease.set_bytes_done(bound(lease.bytes_done()));
  lease.set_bytes_fetched(bound(lease.bytes_fetched()));
  lease.set_bytes_pushed(bound(lease.bytes_pushed()));
}

// The leases that a worker says it holds, as they are shown.
std::vector<v1::HeldLease> ShownOf(
    google::protobuf::RepeatedPtrField<v1::HeldLease>& held) {
  std::vector<v1::HeldLease> shown;
  for (v1::HeldLease& lease : held) {
    if (static_cast<int>(shown.size()) == kMostShown) break;
    lease.set_activity(PrintableText(lease.activity()));
    lease.set_host(PrintableText(lease.host(), kLongestName));
    BoundBytes(lease);
    shown.push_back(std::move(lease));
  }
  return shown;
}

// The free slots of a parked worker, less the leases that it does not hold yet.
// Leases that it holds are not counted, since its free slots say so already.
int Available(const State& state, const Worker& worker) {
  if (!worker.parked.has_value()) return 0;
  int available = worker.parked->free_slots;
  for (const std::string& lease : state.LeasesOf(worker.name)) {
    if (!worker.parked->held.contains(lease)) --available;
  }
  return available;
}

}  // namespace

absl::Status SyncDesk::Admit(Transaction& turn, Worker& worker,
                             const v1::SyncRequest& request) {
  const std::string& name = request.worker().name();
  if (worker.session == request.session()) return absl::OkStatus();
  if (worker.WasReplaced(request.session()) && !worker.lost) {
    return absl::FailedPreconditionError(
        absl::StrCat("another worker calls itself \"", name,
                     "\" and took over; give each worker a --name of its own"));
  }
  RevokeAll(turn, worker, absl::StrCat("worker ", name, " was started again"));
  worker.Restart(request.session());
  EndOrder(turn, name);
  return absl::OkStatus();
}

v1::ListWorkersResponse SyncDesk::List(const Transaction& turn) const {
  v1::ListWorkersResponse response = workers_.List(turn.now());
  const HostGate gate = hosts_.GateOf(turn.state(), turn.now());
  for (v1::HostLimit& limit : gate.Limits(nullptr)) {
    *response.add_hosts() = std::move(limit);
  }
  return response;
}

absl::StatusOr<v1::DrainWorkerResponse> SyncDesk::Drain(
    Transaction& turn, const v1::DrainWorkerRequest& request) {
  const Worker* known = workers_.Find(request.name());
  if (known == nullptr) return NoWorker(request.name());
  if (known->drain_ordered) return v1::DrainWorkerResponse();
  Worker& worker = *workers_.Touch(request.name());
  worker.drain_ordered = true;
  v1::JournalRecord record;
  record.mutable_worker_drained()->set_worker(worker.name);
  record.mutable_worker_drained()->set_session(worker.session);
  turn.Record(std::move(record));
  return v1::DrainWorkerResponse();
}

absl::StatusOr<v1::UndrainWorkerResponse> SyncDesk::Undrain(
    Transaction& turn, const v1::UndrainWorkerRequest& request) {
  Worker* worker = workers_.Touch(request.name());
  if (worker == nullptr) return NoWorker(request.name());
  worker->drain_ordered = false;
  EndOrder(turn, worker->name);
  return v1::UndrainWorkerResponse();
}

void SyncDesk::EndOrder(Transaction& turn, const std::string& worker) {
  if (!turn.state().drains().contains(worker)) return;
  v1::JournalRecord record;
  record.mutable_worker_undrained()->set_worker(worker);
  turn.Record(std::move(record));
}

v1::DistrustWorkerResponse SyncDesk::DistrustNow(Transaction& turn,
                                                 const std::string& name,
                                                 const std::string& reason,
                                                 const BuildEntry* spared) {
  DistrustOutcome distrust = DistrustWorker(turn.state(), name, reason, spared);
  turn.Record(std::move(distrust.records));
  if (Worker* worker = workers_.Touch(name)) {
    worker->distrusted = reason;
    worker->view.quarantined_until = absl::InfinitePast();
    RevokeAll(turn, *worker, absl::StrCat("worker ", name, " is not trusted"));
  }
  v1::DistrustWorkerResponse response;
  response.set_forgotten(distrust.forgotten);
  response.set_failed_builds(distrust.failed_builds);
  return response;
}

absl::StatusOr<v1::DistrustWorkerResponse> SyncDesk::Distrust(
    Transaction& turn, const v1::DistrustWorkerRequest& request) {
  const std::string& name = request.name();
  const bool known = workers_.Find(name) != nullptr ||
                     !turn.state().memo().OfWorker(name).empty() ||
                     turn.state().distrusted().contains(name);
  if (!IsName(name) || !known) return NoWorker(name);
  std::string reason = PrintableText(request.reason());
  if (reason.empty()) reason = "an operator said so";
  return DistrustNow(turn, name, reason, /*spared=*/nullptr);
}

absl::StatusOr<v1::TrustWorkerResponse> SyncDesk::Trust(
    Transaction& turn, const v1::TrustWorkerRequest& request) {
  if (!turn.state().distrusted().contains(request.name())) {
    return absl::NotFoundError(
        absl::StrCat("nothing is held against a worker \"",
                     PrintableText(request.name(), kLongestName),
                     "\"; `ksoctl workers` says who is not trusted"));
  }
  v1::JournalRecord record;
  record.mutable_worker_trusted()->set_worker(request.name());
  turn.Record(std::move(record));
  workers_.Touch(request.name());
  return v1::TrustWorkerResponse();
}

absl::Duration SyncDesk::PollOf(const v1::SyncRequest& request,
                                const Worker& worker, absl::Duration patience,
                                absl::Time now) const {
  const bool is_looked_at = now - last_look_ <= options_.look_lasts;
  if (is_looked_at && !request.held().empty()) {
    const absl::Duration all = absl::Seconds(1) * workers_.size() /
                               std::max(options_.looks_per_second, 1);
    return std::clamp(all, std::min(options_.look_poll, options_.long_poll),
                      options_.long_poll);
  }
  const bool idle = request.held().empty() && request.results().empty() &&
                    worker.view.info.unhealthy_reason().empty();
  if (!idle || patience <= options_.idle_poll) return options_.long_poll;
  const size_t scattered = std::hash<std::string>()(request.session()) +
                           static_cast<size_t>(request.sequence());
  return options_.idle_poll * (1 - kScatter * (scattered % 256) / 256);
}

void SyncDesk::Sync(Transaction& turn, v1::SyncRequest request,
                    Engine::Caller caller,
                    Engine::Done<v1::SyncResponse> done) {
  const auto refuse = [&](absl::Status status) {
    turn.Defer([done = std::move(done), status]() mutable { done(status); });
  };
  if (const absl::Status status = CheckRequest(request); !status.ok()) {
    return refuse(status);
  }
  Worker& worker = workers_.TouchOrAdd(request.worker().name());
  if (const absl::Status status = Admit(turn, worker, request); !status.ok()) {
    return refuse(status);
  }
  if (request.sequence() < worker.sequence) {
    return refuse(absl::AbortedError("a later call has come before this one"));
  }
  if (worker.parked.has_value()) {
    Reply(turn, worker);
    // The answer is dropped, since the worker has called again.
    worker.last_sent.reset();
  }
  worker.view.info = std::move(*request.mutable_worker());
  const std::set<std::string> known_prunes = prunes_.Hear(worker.view.info);
  BoundWorkerInfo(worker.view.info);
  worker.view.expected = false;
  hosts_.Observe(turn, worker.view.info, worker.session);
  worker.view.info.clear_hosts();
  worker.sequence = request.sequence();
  worker.last_seen = turn.now();
  worker.lost = false;
  worker.draining = request.draining();

  ParkedSync parked;
  parked.done = std::move(done);
  parked.gone = std::move(caller.gone);
  parked.known_prunes = known_prunes;
  parked.free_slots = BoundFreeSlots(worker.view.info, request.free_slots());
  for (const v1::HeldLease& held : request.held()) {
    parked.held.insert(held.lease_id());
  }
  for (const v1::LeaseResult& result : request.results()) {
    TakeResult(turn, worker, result);
    parked.held.erase(result.lease_id());
    parked.acknowledged.push_back(result.lease_id());
  }
  const absl::Duration poll =
      PollOf(request, worker, caller.patience, turn.now());
  // A worker that has drained is told at once that it may go.
  const bool drained = request.draining() && request.held().empty();
  worker.activity = ShownOf(*request.mutable_held());
  worker.reported = turn.now();
  const bool wait = parked.acknowledged.empty() && !drained;
  parked.deadline = wait ? turn.now() + poll : absl::InfinitePast();
  worker.parked = std::move(parked);
  next_look_ = std::min(next_look_, turn.now() + options_.long_poll);
}

void SyncDesk::TakeResult(Transaction& turn, Worker& worker,
                          const v1::LeaseResult& result) {
  const TaskEntry* task = turn.state().FindLease(result.lease_id());
  if (task == nullptr || task->lease->worker != worker.name ||
      task->lease->session != worker.session) {
    return;
  }
  switch (result.outcome_case()) {
    case v1::LeaseResult::kResult: {
      if (const absl::Status fits =
              CheckResult(task->UnpackTask(), result.result());
          !fits.ok()) {
        return TakeFailure(turn, worker, *task, FailureOf(fits));
      }
      hosts_.Succeeded(*task);
      TakeSuccess(turn, *task, result.result());
      ++worker.tasks_done;
      return workers_.CountEnd(worker, /*its_fault=*/false, turn.now());
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

void SyncDesk::TakeSuccess(Transaction& turn, const TaskEntry& task,
                           const v1::TaskResult& result) {
  const std::string worker = task.lease->worker;
  const std::vector<const TaskEntry*> sharers = turn.state().SharersOf(task);
  v1::JournalRecord record;
  v1::TaskFinished* finished = record.mutable_task_finished();
  finished->set_task_id(task.id);
  finished->set_lease_id(task.lease->lease_id);
  finished->set_worker(worker);
  *finished->mutable_result() = result;
  turn.Record(std::move(record));
  if (sharers.empty()) return;
  // The result as it was recorded, which may say more than the worker did
  // (remember.h).
  v1::TaskResult kept = task.UnpackResult();
  kept.clear_bytes_fetched();
  kept.clear_bytes_pushed();
  for (const TaskEntry* sharer : sharers) {
    v1::JournalRecord also;
    v1::TaskShared* shared = also.mutable_task_shared();
    shared->set_task_id(sharer->id);
    shared->set_from_task_id(task.id);
    shared->set_from_build_id(task.build->build_id);
    shared->set_worker(worker);
    *shared->mutable_result() = kept;
    turn.Record(std::move(also));
  }
}

void SyncDesk::TakeFailure(Transaction& turn, Worker& worker,
                           const TaskEntry& task, v1::Failure failure) {
  BoundFailure(failure);
  if (failure.wrong_layers_size() > 0) {
    return TakeAccusation(turn, worker, task, std::move(failure));
  }
  workers_.CountEnd(worker, failure.kind() == v1::Failure::INFRASTRUCTURE,
                    turn.now());
  turn.Record(AfterFailure(task, failure, /*lost_worker=*/false, turn.now(),
                           options_.retry));
}

SyncDesk::Verdict SyncDesk::Judge(const TaskEntry& task, const Worker& accuser,
                                  const std::set<std::string>& makers) const {
  const Trouble& trouble = task.trouble_or_none();
  std::set<std::string> confirmed;
  if (trouble.accuser != accuser.name) {
    std::set_intersection(makers.begin(), makers.end(), trouble.accused.begin(),
                          trouble.accused.end(),
                          std::inserter(confirmed, confirmed.end()));
  }
  if (!confirmed.empty()) return {.guilty = std::move(confirmed)};
  std::set<std::string> accused = makers;
  accused.insert(trouble.accused.begin(), trouble.accused.end());
  std::set<std::string> no_witnesses = accused;
  no_witnesses.insert(accuser.name);
  const WorkerPool::Member* member = workers_.pool().Find(accuser.name);
  if (member != nullptr &&
      workers_.pool().AnyReadyBut(no_witnesses, *task.demand,
                                  member->kind->FitFor(*task.demand))) {
    return {.witness = true};
  }
  if (accused.size() > 1) return {};
  return {.guilty = std::move(accused)};
}

void SyncDesk::TakeAccusation(Transaction& turn, Worker& accuser,
                              const TaskEntry& task, v1::Failure failure) {
  const std::set<std::string> makers =
      MakersOf(*task.build,
               {failure.wrong_layers().begin(), failure.wrong_layers().end()});
  const Verdict verdict = Judge(task, accuser, makers);
  const std::set<std::string>& guilty = verdict.guilty;
  if (makers.empty() || guilty.empty()) {
    const bool another_looks = !makers.empty() && verdict.witness;
    failure.set_kind(another_looks ? v1::Failure::INFRASTRUCTURE
                                   : v1::Failure::PERMANENT);
    if (!makers.empty() && !another_looks) {
      failure.set_reason(absl::StrCat(
          failure.reason(), "; packed by ", absl::StrJoin(makers, ", "),
          ", by the word of ", accuser.name,
          ", and no other worker is there that could say who is right"));
      failure.set_advice(absl::StrCat(
          "let another worker join that runs the platform, or look at these "
          "machines (ksoctl workers distrust NAME), then: ksoctl retry ",
          task.build->build_id));
    }
    workers_.CountEnd(accuser, /*its_fault=*/true, turn.now());
    v1::JournalRecord record = AfterFailure(
        task, failure, /*lost_worker=*/false, turn.now(), options_.retry);
    if (record.has_task_requeued()) {
      *record.mutable_task_requeued()->mutable_accused() = {makers.begin(),
                                                            makers.end()};
    }
    return turn.Record(std::move(record));
  }
  failure.set_kind(v1::Failure::PERMANENT);
  failure.set_reason(absl::StrCat(failure.reason(), "; packed by ",
                                  absl::StrJoin(guilty, ", "),
                                  ", which is not trusted any more"));
  failure.set_advice(absl::StrCat(
      "ksoctl retry ", task.build->build_id,
      " has it made by other workers; see what is wrong with that machine, "
      "then: ksoctl workers trust ",
      *guilty.begin()));
  const BuildEntry* const build = task.build;
  const std::string reason =
      absl::StrCat("it packed other content than it said in build ",
                   build->build_id, ", by the word of ", accuser.name);
  turn.Record(AfterFailure(task, failure, /*lost_worker=*/false, turn.now(),
                           options_.retry));
  for (const std::string& maker : guilty) {
    DistrustNow(turn, maker, reason, build);
  }
}

void SyncDesk::RevokeAll(Transaction& turn, const Worker& worker,
                         const std::string& reason) {
  // The set is copied, since each record takes one lease away from it.
  const std::set<std::string> leases = turn.state().LeasesOf(worker.name);
  for (const std::string& lease : leases) {
    turn.Record(AfterFailure(*turn.state().FindLease(lease),
                             Infrastructure(reason), /*lost_worker=*/true,
                             turn.now(), options_.retry));
  }
}

ParkedSync SyncDesk::Unpark(Worker& worker, absl::Time now) {
  worker.last_seen = std::max(worker.last_seen, now - options_.long_poll);
  return *std::exchange(worker.parked, std::nullopt);
}

bool SyncDesk::EndIfGone(Transaction& turn, Worker& worker) {
  if (!worker.parked->gone || !worker.parked->gone()) return false;
  turn.Defer([done = Unpark(worker, turn.now()).done]() mutable {
    done(absl::CancelledError("the worker has given up the call"));
  });
  return true;
}

void SyncDesk::EndCallsOfGone(Transaction& turn) {
  if (next_look_ > turn.now()) return;
  next_look_ = absl::InfiniteFuture();
  for (auto& [name, worker] : workers_.workers()) {
    if (!worker.parked.has_value()) continue;
    next_look_ = turn.now() + options_.long_poll;
    if (EndIfGone(turn, worker)) workers_.Touch(name);
  }
}

void SyncDesk::Tick(Transaction& turn) {
  EndCallsOfGone(turn);
  for (Worker* worker : workers_.TakeDue(turn.now())) {
    if (worker->parked.has_value()) continue;
    if (!worker->lost &&
        worker->last_seen + options_.worker_timeout <= turn.now()) {
      worker->lost = true;
      worker->view.expected = false;
      worker->activity.clear();
      RevokeAll(turn, *worker,
                absl::StrCat("worker ", worker->name, " was lost"));
    }
    if (worker->lost &&
        worker->last_seen + options_.forget_worker_after <= turn.now()) {
      EndOrder(turn, worker->name);
      prunes_.Forget(worker->name);
      hosts_.Forget(worker->name);
      workers_.Forget(*worker);
    }
  }
  const std::set<TimedTask>& deadlines = turn.state().deadlines();
  while (turn.status().ok() && !deadlines.empty() &&
         std::get<absl::Time>(*deadlines.begin()) <= turn.now()) {
    const TaskEntry& task = *std::get<const TaskEntry*>(*deadlines.begin());
    turn.Record(AfterFailure(
        task,
        Infrastructure(absl::StrCat("worker ", task.lease->worker,
                                    " took longer than ",
                                    DurationInWords(options_.lease_duration))),
        /*lost_worker=*/false, turn.now(), options_.retry));
  }
}

void SyncDesk::Review(Transaction& turn) {
  for (const std::string& name : turn.TakeLeaseChanges()) workers_.Touch(name);
  for (const auto& [name, worker] : workers_.touched()) {
    const auto distrusted = turn.state().distrusted().find(name);
    worker->distrusted = distrusted == turn.state().distrusted().end()
                             ? std::string()
                             : distrusted->second;
    workers_.Settle(*worker, Available(turn.state(), *worker) > 0, turn.now());
  }
}

void SyncDesk::Assign(Transaction& turn) {
  Review(turn);
  HostGate gate = hosts_.GateOf(turn.state(), turn.now());
  for (const auto& [name, kind] : workers_.pool().kinds()) {
    WorkerTable::ByName& idle = workers_.Idle(kind);
    while (AssignOneEach(turn, gate, idle)) {
    }
  }
}

bool SyncDesk::AssignOneEach(Transaction& turn, HostGate& gate,
                             WorkerTable::ByName& idle) {
  bool granted = false;
  for (auto it = idle.begin(); it != idle.end();) {
    Worker& worker = *it->second;
    // The worker may leave the set of idle workers below.
    ++it;
    if (EndIfGone(turn, worker)) {
      workers_.Settle(worker, /*wants_work=*/false, turn.now());
      continue;
    }
    const Scheduler::Choice choice =
        scheduler_.Pick(turn.state(), workers_.pool(),
                        *workers_.pool().Find(worker.name), &gate);
    if (choice.task != nullptr) {
      Grant(turn, *choice.task, worker);
      gate.Started(*choice.task);
      granted = true;
    } else if (!choice.for_others) {
      return false;
    }
  }
  return granted;
}

void SyncDesk::Grant(Transaction& turn, const TaskEntry& task, Worker& worker) {
  v1::JournalRecord record;
  v1::LeaseGranted* change = record.mutable_lease_granted();
  change->set_task_id(task.id);
  change->set_lease_id(NewLeaseId());
  change->set_worker(worker.name);
  change->set_session(worker.session);
  *change->mutable_deadline() = ToProto(turn.now() + options_.lease_duration);
  turn.Record(std::move(record));
  workers_.Settle(worker, Available(turn.state(), worker) > 0, turn.now());
}

void SyncDesk::Answer(Transaction& turn) {
  for (const std::string& name : turn.TakeLeaseChanges()) workers_.Touch(name);
  for (const auto& [name, worker] : workers_.touched()) {
    if (worker->parked.has_value() &&
        (worker->parked->deadline <= turn.now() || IsToPrune(*worker) ||
         turn.state().LeasesOf(worker->name) != worker->parked->held)) {
      Reply(turn, *worker);
    }
  }
  Review(turn);
  workers_.LetGo();
}

bool SyncDesk::IsToPrune(const Worker& worker) const {
  const v1::PruneOrder* order = prunes_.OrderFor(worker.name);
  return order != nullptr && worker.view.info.prunes() &&
         !worker.parked->known_prunes.contains(order->order_id());
}

void SyncDesk::Reply(Transaction& turn, Worker& worker) {
  ParkedSync parked = Unpark(worker, turn.now());
  const std::set<std::string>& leases = turn.state().LeasesOf(worker.name);
  v1::SyncResponse response;
  response.set_protocol(rpc::kProtocol);
  std::set<std::string> sent;
  size_t bytes = 0;
  for (const std::string& lease_id : leases) {
    const TaskEntry* task = turn.state().FindLease(lease_id);
    v1::Lease lease;
    lease.set_lease_id(lease_id);
    lease.set_attempt(task->attempts);
    *lease.mutable_deadline() = ToProto(task->lease->deadline);
    // The worker knows the tasks that it holds.
    if (!parked.held.contains(lease_id)) {
      *lease.mutable_task() = task->UnpackTask();
      const size_t size = lease.ByteSizeLong();
      // A lease that does not fit is told when the worker holds the others.
      if (bytes > 0 && bytes + size > kPortion) continue;
      bytes += size;
    }
    sent.insert(lease_id);
    *response.add_leases() = std::move(lease);
  }
  *response.mutable_acknowledged_lease_ids() = {parked.acknowledged.begin(),
                                                parked.acknowledged.end()};
  if (const v1::PruneOrder* order = prunes_.OrderFor(worker.name);
      order != nullptr && worker.view.info.prunes()) {
    *response.mutable_prune() = *order;
  }
  const bool nothing_new = sent != parked.held && worker.last_sent == sent &&
                           parked.acknowledged.empty();
  *response.mutable_next_sync() =
      ToProto(nothing_new ? kPause : absl::ZeroDuration());
  worker.last_sent = std::move(sent);
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

absl::Time SyncDesk::NextDeadline(const State& state, absl::Time now) const {
  absl::Time next =
      std::min({next_look_, workers_.NextDue(), hosts_.NextDeadline(now)});
  for (const std::set<TimedTask>* times :
       {&state.deadlines(), &state.delayed()}) {
    if (times->empty()) continue;
    next = std::min(next, std::get<absl::Time>(*times->begin()));
  }
  return next;
}

std::string SyncDesk::NewLeaseId() {
  if (options_.new_lease_id) return options_.new_lease_id();
  return RandomHex(16);
}

}  // namespace kso::coordinator
