// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_COORDINATOR_NODE_H_
#define KSO_TESTS_FAULT_COORDINATOR_NODE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "coordinator/engine/engine_core.h"
#include "tests/fault/crashing_store.h"
#include "tests/fault/dice.h"
#include "tests/fault/event_loop.h"
#include "tests/fault/fake_destination.h"
#include "tests/fault/findings.h"
#include "tests/fault/network.h"

namespace kso::testing {

// The coordinator's process: the real engine, on a journal that outlives it.
// The process dies when a commit fails, and is started again by itself.
class CoordinatorNode {
 public:
  CoordinatorNode(EventLoop* loop, Dice dice, Network* network,
                  CrashingStore* store, FakeDestination* destination,
                  Findings* findings);
  ~CoordinatorNode();

  void Start();
  void Kill(const std::string& why);
  // Simulates SIGTERM: parked calls are answered, then the process ends.
  void Stop();
  // Sets the clock of the coordinator's machine.
  void JumpClock(absl::Duration by);

  // A call of `node` over the network. `call` hands the request to the engine;
  // `done` is called once, with the answer, UNAVAILABLE or, after `timeout`,
  // DEADLINE_EXCEEDED; or not at all when the returned function was called
  // first, which gives up the call.
  template <typename Response>
  std::function<void()> Call(
      const std::string& node, absl::Duration timeout,
      std::function<void(coordinator::Engine&,
                         coordinator::Engine::Done<Response>)>
          call,
      std::function<void(absl::StatusOr<Response>)> done);

  // `node` lets the coordinator's machine know something, over the network.
  void Tell(const std::string& node, std::function<void()> what) {
    network_.Send(node, Network::Way::kToCoordinator, std::move(what));
  }

  // Compares the state that the journal gives with the one in memory. A
  // difference is a broken invariant.
  void CompareWithReplay();
  int starts() const { return starts_; }
  // The engine's state; null while the process is down.
  const coordinator::State* state() const;

 private:
  template <typename Response>
  struct Pending;

  // Schedules a turn of the engine for the commands that have come.
  void WakeEngine();
  void PlanTurn(absl::Time when);
  void RunTurn();
  absl::Time Now() const { return loop_.now() + skew_; }

  EventLoop& loop_;
  Dice dice_;
  Network& network_;
  CrashingStore& store_;
  Findings& findings_;
  std::shared_ptr<FakeDestination> destination_;
  // The builds that are kept; 0 for the engine's default.
  const int keep_builds_;
  absl::Duration skew_;
  uint64_t leases_ = 0;
  int starts_ = 0;
  int64_t run_ = 0;
  int64_t planned_turn_ = 0;
  std::unique_ptr<coordinator::BuildActions> actions_;
  std::unique_ptr<coordinator::EngineCore> engine_;
};

// A call on its way. When the coordinator dies with it, the caller sees the
// connection break.
template <typename Response>
struct CoordinatorNode::Pending {
  Network& network;
  const std::string node;
  bool over = false;
  std::function<void(absl::StatusOr<Response>)> done;

  void Finish(absl::StatusOr<Response> response) {
    if (std::exchange(over, true)) return;
    const auto tell = std::exchange(done, nullptr);
    tell(std::move(response));
  }

  // Sends one answer back, or an error when it goes unused.
  class Answer {
   public:
    explicit Answer(std::shared_ptr<Pending> pending)
        : pending_(std::move(pending)) {}
    Answer(Answer&&) = default;
    ~Answer() {
      if (pending_ != nullptr) {
        (*this)(absl::UnavailableError("the connection broke"));
      }
    }
    void operator()(absl::StatusOr<Response> response) {
      const std::shared_ptr<Pending> pending = std::move(pending_);
      pending->network.Send(pending->node, Network::Way::kFromCoordinator,
                            [pending, response = std::move(response)] {
                              pending->Finish(response);
                            });
    }

   private:
    std::shared_ptr<Pending> pending_;
  };
};

template <typename Response>
std::function<void()> CoordinatorNode::Call(
    const std::string& node, absl::Duration timeout,
    std::function<void(coordinator::Engine&,
                       coordinator::Engine::Done<Response>)>
        call,
    std::function<void(absl::StatusOr<Response>)> done) {
  auto pending = std::make_shared<Pending<Response>>(
      Pending<Response>{network_, node, false, std::move(done)});
  loop_.After(timeout, [pending] {
    pending->Finish(absl::DeadlineExceededError("no answer"));
  });
  network_.Send(node, Network::Way::kToCoordinator,
                [this, pending, call = std::move(call)] {
                  typename Pending<Response>::Answer answer(pending);
                  // A call that finds nobody is refused.
                  if (engine_ == nullptr) return;
                  call(*engine_, std::move(answer));
                  WakeEngine();
                });
  return [pending] {
    pending->over = true;
    pending->done = nullptr;
  };
}

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_COORDINATOR_NODE_H_
