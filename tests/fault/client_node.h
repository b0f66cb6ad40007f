// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_CLIENT_NODE_H_
#define KSO_TESTS_FAULT_CLIENT_NODE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kso/v1/build.pb.h"
#include "tests/fault/coordinator_node.h"
#include "tests/fault/journal_audit.h"

namespace kso::testing {

// Somebody at a terminal: submits a build, watches it to its end over broken
// connections, and checks that the log comes whole and in order.
class ClientNode {
 public:
  ClientNode(std::string name, v1::SubmitBuildRequest submit, EventLoop* loop,
             Dice dice, CoordinatorNode* coordinator, const JournalAudit* audit,
             Findings* findings)
      : name_(std::move(name)),
        submit_(std::move(submit)),
        build_id_(submit_.build_id()),
        loop_(*loop),
        dice_(dice),
        coordinator_(*coordinator),
        audit_(*audit),
        findings_(*findings) {}

  // What it watches: a request that runs already is not run twice.
  const std::string& build_id() const { return build_id_; }

  // Submits, as often as it takes to be heard, then watches. Does nothing when
  // it has begun.
  void Begin();
  // ^C, and the same command again: submits and watches anew.
  void StartAnew();
  // Once each; an answer is not waited for.
  void Cancel();
  void Retry();

  // Whether it has seen the build end, or that it was forgotten, and how the
  // build was last seen.
  bool told_the_end() const { return told_the_end_; }
  v1::Build::State last_state() const { return last_state_; }
  // Wants to see the next end.
  void WatchOn();

  // Compares what was seen with what the coordinator has at the end.
  void CheckLog(const std::vector<v1::Event>& events);

 private:
  void Submit();
  void Watch();
  void OnWatched(const absl::StatusOr<v1::WatchBuildResponse>& response);
  void Later(absl::Duration delay, std::function<void()> what);

  const std::string name_;
  const v1::SubmitBuildRequest submit_;
  std::string build_id_;
  EventLoop& loop_;
  Dice dice_;
  CoordinatorNode& coordinator_;
  const JournalAudit& audit_;
  Findings& findings_;
  // Counts the runs of the command.
  int64_t run_ = 0;
  bool told_the_end_ = false;
  v1::Build::State last_state_ = v1::Build::STATE_UNSPECIFIED;
  std::vector<v1::Event> events_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_CLIENT_NODE_H_
