// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/worker_node.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "common/base/strings.h"
#include "worker/task/failure.h"

namespace kso::testing {
namespace {

constexpr int kSlots = 2;
// These times are those of the real session.
constexpr absl::Duration kCallTimeout = absl::Seconds(15);
constexpr absl::Duration kIdleCallTimeout = absl::Seconds(60);
constexpr absl::Duration kFirstDelay = absl::Milliseconds(200);
constexpr absl::Duration kLongestDelay = absl::Seconds(5);

}  // namespace

WorkerNode::WorkerNode(std::string name, std::string architecture,
                       EventLoop* loop, const Faults* faults, Dice dice,
                       CoordinatorNode* coordinator,
                       worker::TaskExecutor* executor, JournalAudit* audit,
                       Findings* findings)
    : name_(std::move(name)),
      architecture_(std::move(architecture)),
      loop_(*loop),
      faults_(*faults),
      dice_(dice),
      coordinator_(*coordinator),
      executor_(*executor),
      audit_(*audit),
      findings_(*findings) {}

v1::WorkerInfo WorkerNode::Describe() const {
  v1::WorkerInfo info;
  info.set_name(name_);
  v1::PlatformSupport& support = *info.add_platforms();
  support.mutable_platform()->set_os("linux");
  support.mutable_platform()->set_architecture(architecture_);
  support.set_native(true);
  info.set_slots(kSlots);
  info.set_can_execute(true);
  if (disk_full_) info.set_unhealthy_reason("disk full");
  return info;
}

void WorkerNode::Start() {
  if (running()) return;
  process_ = std::make_shared<Process>(
      absl::StrCat(name_, "-session-", ++sessions_), kSlots);
  findings_.Tell(Concat(name_, ": up, session ", sessions_));
  Step();
}

void WorkerNode::Kill() {
  if (!running()) return;
  findings_.Tell(Concat(name_, ": killed"));
  if (process_->give_up_call != nullptr) process_->give_up_call();
  // The tasks at work may have had their effect at the destination, or not.
  for (const auto& [work, entry] : process_->at_work) {
    if (!dice_.Chance(0.3)) continue;
    worker::TaskControl control;
    executor_.Execute(entry->lease.task(), control).IgnoreError();
  }
  process_ = nullptr;
}

void WorkerNode::Drain() {
  if (!running() || process_->draining) return;
  findings_.Tell(Concat(name_, ": drains"));
  process_->draining = true;
  // The order to drain cuts any call short.
  process_->call_waits = true;
  Wake();
}

void WorkerNode::SetDiskFull(bool full) {
  if (full == disk_full_) return;
  findings_.Tell(Concat(name_, full ? ": disk full" : ": disk has room"));
  disk_full_ = full;
  if (running()) Wake();
}

bool WorkerNode::HasNothing() const {
  const worker::Leases::Snapshot snapshot = process_->book.Look();
  return snapshot.held.empty() && snapshot.results.empty();
}

void WorkerNode::Later(absl::Duration delay, std::function<void()> what) {
  loop_.After(delay, [process = std::weak_ptr<Process>(process_),
                      what = std::move(what)] {
    if (!process.expired()) what();
  });
}

void WorkerNode::Step() {
  process_->woken = false;
  const v1::SyncRequest request = process_->conversation.MakeRequest(
      Describe(), process_->draining, process_->book);
  const bool idle = request.held().empty() && request.results().empty();
  const auto gone = std::make_shared<bool>(false);
  const coordinator::Engine::Caller caller{
      .patience = idle ? kIdleCallTimeout : kCallTimeout,
      .gone = [gone] { return *gone; }};
  std::function<void()> give_up = coordinator_.Call<v1::SyncResponse>(
      name_, caller.patience,
      [request, caller](coordinator::Engine& engine,
                        coordinator::Engine::Done<v1::SyncResponse> done) {
        engine.Sync(request, caller, std::move(done));
      },
      [this, request, gone, process = std::weak_ptr<Process>(process_)](
          const absl::StatusOr<v1::SyncResponse>& response) {
        // Both sides know the time at which a call is over.
        *gone = true;
        if (!process.expired()) OnAnswer(request, response);
      });
  process_->call_waits = request.results().empty();
  process_->give_up_call = [this, gone, give_up = std::move(give_up)] {
    give_up();
    coordinator_.Tell(name_, [gone] { *gone = true; });
  };
}

void WorkerNode::OnAnswer(const v1::SyncRequest& request,
                          const absl::StatusOr<v1::SyncResponse>& response) {
  process_->give_up_call = nullptr;
  if (response.ok()) {
    process_->failures = 0;
    for (const std::string& id : response->acknowledged_lease_ids()) {
      audit_.OnAcknowledged(id);
    }
    process_->conversation.Apply(request, *response, process_->book);
    FillSlots();
  }
  if (request.draining() && HasNothing()) {
    findings_.Tell(Concat(name_, ": drained"));
    process_ = nullptr;
    return;
  }
  if (response.ok()) {
    return NextStepAfter(process_->woken ? absl::ZeroDuration()
                                         : FromProto(response->next_sync()));
  }
  absl::Duration delay = kFirstDelay;
  for (int i = 0; i < process_->failures; ++i) delay *= 2;
  ++process_->failures;
  NextStepAfter(std::min(delay, kLongestDelay));
}

void WorkerNode::NextStepAfter(absl::Duration delay) {
  const int64_t step = ++process_->step;
  Later(delay, [this, step] {
    if (step == process_->step && process_->give_up_call == nullptr) Step();
  });
}

void WorkerNode::Wake() {
  process_->woken = true;
  if (process_->give_up_call != nullptr) {
    // A call that brings results is answered soon.
    if (!process_->call_waits) return;
    std::exchange(process_->give_up_call, nullptr)();
    NextStepAfter(absl::ZeroDuration());
  } else if (process_->failures == 0) {
    NextStepAfter(absl::ZeroDuration());
  }
}

void WorkerNode::FillSlots() {
  // Cancelled tasks end within a second.
  for (const auto& [work, entry] : process_->at_work) {
    if (!entry->control.cancelled()) continue;
    Later(dice_.Between(absl::ZeroDuration(), absl::Seconds(1)),
          [this, work = work] { FinishWork(work); });
  }
  while (process_->book.CanTake()) {
    std::shared_ptr<worker::LeaseBook::Entry> entry = process_->book.Take();
    audit_.OnStarted(entry->lease, name_, process_->session);
    findings_.Tell(Concat(name_, ": starts ", entry->lease.task().task_id(),
                          " ", entry->lease.lease_id()));
    const int64_t work = ++process_->last_work;
    process_->at_work[work] = std::move(entry);
    const absl::Duration takes =
        dice_.Chance(faults_.slow_task)
            ? dice_.Between(absl::Minutes(1), absl::Minutes(10))
            : dice_.Between(absl::Milliseconds(10), absl::Seconds(15));
    Later(takes, [this, work] { FinishWork(work); });
  }
}

void WorkerNode::FinishWork(int64_t work) {
  const auto found = process_->at_work.find(work);
  if (found == process_->at_work.end()) return;
  const std::shared_ptr<worker::LeaseBook::Entry> entry = found->second;
  process_->at_work.erase(found);
  absl::StatusOr<v1::TaskResult> result = absl::CancelledError("cancelled");
  if (disk_full_) {
    result = worker::WorkerTrouble(
        absl::ResourceExhaustedError("no space left on the disk"));
  } else if (!entry->control.cancelled()) {
    result = executor_.Execute(entry->lease.task(), entry->control);
  }
  findings_.Tell(Concat(name_, ": ends ", entry->lease.lease_id(), " ",
                        ToStd(result.status().ToString())));
  process_->book.Finish(*entry, result);
  FillSlots();
  Wake();
}

}  // namespace kso::testing
