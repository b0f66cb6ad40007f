// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/coordinator_node.h"

#include <deque>

#include "absl/strings/str_cat.h"
#include "common/base/strings.h"
#include "coordinator/registry/registry_actions.h"
#include "tests/fault/state_text.h"

namespace kso::testing {

using coordinator::EngineCore;

CoordinatorNode::CoordinatorNode(EventLoop* loop, Dice dice, Network* network,
                                 CrashingStore* store,
                                 FakeDestination* destination,
                                 Findings* findings)
    : loop_(*loop),
      dice_(dice),
      network_(*network),
      store_(*store),
      findings_(*findings),
      // The engine does not own the store, which outlives the coordinator.
      destination_(destination, [](FakeDestination*) {}),
      keep_builds_(dice_.Chance(0.2) ? dice_.Between(1, 2) : 0) {}

CoordinatorNode::~CoordinatorNode() = default;

void CoordinatorNode::Start() {
  if (engine_ != nullptr) return;
  const int64_t run = ++run_;
  actions_ = coordinator::CreateRegistryActions(
      [this](const v1::Destination&, const std::stop_token&)
          -> absl::StatusOr<std::shared_ptr<oci::ImageStore>> {
        return destination_;
      },
      [this, run](absl::AnyInvocable<void()> work) {
        auto shared =
            std::make_shared<absl::AnyInvocable<void()>>(std::move(work));
        loop_.After(dice_.Between(absl::Milliseconds(1), absl::Seconds(3)),
                    [this, run, shared] {
                      if (run != run_ || engine_ == nullptr) return;
                      (*shared)();
                      if (engine_ != nullptr) WakeEngine();
                    });
      });
  coordinator::EngineOptions options;
  options.lease_duration = absl::Minutes(5);
  if (keep_builds_ > 0) options.keep_builds = keep_builds_;
  options.new_lease_id = [this] { return absl::StrCat("lease-", ++leases_); };
  engine_ = std::make_unique<EngineCore>(options, &store_, actions_.get());
  const absl::Status started = engine_->Start(Now());
  if (!started.ok()) {
    findings_.Broken(
        Concat("the journal cannot be read: ", ToStd(started.message())));
    engine_ = nullptr;
    return;
  }
  ++starts_;
  findings_.Tell("coordinator: up");
  PlanTurn(loop_.now());
}

void CoordinatorNode::Kill(const std::string& why) {
  if (engine_ == nullptr) return;
  findings_.Tell(Concat("coordinator: down, ", why));
  ++run_;
  engine_ = nullptr;
  actions_ = nullptr;
  loop_.After(dice_.Between(absl::Milliseconds(100), absl::Seconds(20)),
              [this] { Start(); });
}

void CoordinatorNode::Stop() {
  if (engine_ == nullptr) return;
  engine_->Stop();
  Kill("told to stop");
}

void CoordinatorNode::JumpClock(absl::Duration by) {
  findings_.Tell(
      Concat("coordinator: clock set by ", absl::FormatDuration(by)));
  skew_ += by;
  if (engine_ != nullptr) WakeEngine();
}

void CoordinatorNode::WakeEngine() {
  PlanTurn(loop_.now() +
           dice_.Between(absl::ZeroDuration(), absl::Milliseconds(2)));
}

void CoordinatorNode::PlanTurn(absl::Time when) {
  const int64_t turn = ++planned_turn_;
  loop_.At(when, [this, turn, run = run_] {
    if (run == run_ && turn == planned_turn_) RunTurn();
  });
}

void CoordinatorNode::RunTurn() {
  std::deque<coordinator::Mailbox::Command> commands =
      engine_->mailbox().TakeNow();
  const absl::StatusOr<absl::Time> due = engine_->Turn(Now(), commands);
  if (!due.ok()) {
    if (!absl::IsUnavailable(due.status())) {
      findings_.Broken(
          Concat("a turn failed: ", ToStd(due.status().message())));
    }
    commands.clear();
    return Kill(std::string(due.status().message()));
  }
  if (dice_.Chance(0.002)) CompareWithReplay();
  if (*due != absl::InfiniteFuture()) {
    // Time passes between turns, since one that is always due would stop it.
    PlanTurn(std::max(*due - skew_, loop_.now() + absl::Milliseconds(1)));
  }
}

const coordinator::State* CoordinatorNode::state() const {
  return engine_ == nullptr ? nullptr : &engine_->state();
}

void CoordinatorNode::CompareWithReplay() {
  if (engine_ == nullptr) return;
  coordinator::State replayed;
  const absl::Status status =
      store_.Replay([&replayed](const v1::JournalRecord& record) {
        return replayed.Apply(record);
      });
  if (!status.ok()) {
    findings_.Broken(
        Concat("the journal does not replay: ", ToStd(status.message())));
    return;
  }
  // With pruning, the journal may not say for how long tasks wait: the records
  // of a pruned build, which delayed identical tasks of others, are deleted.
  const bool with_delays = keep_builds_ == 0;
  const std::string difference =
      FirstDifference(StateText(engine_->state(), with_delays),
                      StateText(replayed, with_delays));
  if (!difference.empty()) {
    findings_.Broken(Concat("a replay differs from memory: ", difference));
  }
}

}  // namespace kso::testing
