// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_CLIENT_NODE_H_
#define KSO_TESTS_FAULT_CLIENT_NODE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kso/v1/build.pb.h"
#include "tests/fault/coordinator_node.h"
#include "tests/fault/journal_audit.h"

namespace kso::testing {

// A person at a terminal, who submits a build, watches it to its end over
// broken connections, and checks that the log comes whole and in order.
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

  // The id of the build that is watched. It may be another's, since a request
  // that runs already is not run twice.
  const std::string& build_id() const { return build_id_; }

  // Submits, again and again until the coordinator answers, then watches. Does
  // nothing when it was called before.
  void Begin();
  // Simulates ^C, and the same command once more: submits and watches anew.
  void StartAnew();
  // Both send their request once, and wait for no answer.
  void Cancel();
  void Retry();

  // Tells whether the client has seen the build end, or heard that it was
  // forgotten, and the state of the build that it saw last.
  bool told_the_end() const { return told_the_end_; }
  v1::Build::State last_state() const { return last_state_; }
  // Forgets the end that was seen, and watches for the next one.
  void WatchOn();

  // Compares the log that was seen with the coordinator's at the end.
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
