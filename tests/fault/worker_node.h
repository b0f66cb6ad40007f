// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_WORKER_NODE_H_
#define KSO_TESTS_FAULT_WORKER_NODE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "tests/fault/coordinator_node.h"
#include "tests/fault/journal_audit.h"
#include "worker/conversation.h"
#include "worker/lease_book.h"
#include "worker/task/task_executor.h"

namespace kso::testing {

// A worker's process: the conversation and the leases are the real worker's
// code, and calls and slots are simulated.
class WorkerNode {
 public:
  WorkerNode(std::string name, std::string architecture, EventLoop* loop,
             const Faults* faults, Dice dice, CoordinatorNode* coordinator,
             worker::TaskExecutor* executor, JournalAudit* audit,
             Findings* findings);

  const std::string& name() const { return name_; }
  bool running() const { return process_ != nullptr; }

  void Start();
  void Kill();
  // Simulates SIGTERM: the worker finishes the tasks that it has, then ends.
  void Drain();
  void SetDiskFull(bool full);

 private:
  struct Process {
    explicit Process(std::string session_id, int slots)
        : session(std::move(session_id)), conversation(session), book(slots) {}

    const std::string session;
    worker::Conversation conversation;
    worker::LeaseBook book;
    bool draining = false;
    bool woken = false;
    int failures = 0;
    int64_t step = 0;
    std::function<void()> give_up_call;
    // Tells whether the coordinator may park the call.
    bool call_waits = false;
    std::map<int64_t, std::shared_ptr<worker::LeaseBook::Entry>> at_work;
    int64_t last_work = 0;
  };

  v1::WorkerInfo Describe() const;
  bool HasNothing() const;
  // Runs a function later, unless the process has ended by then.
  void Later(absl::Duration delay, std::function<void()> what);
  // Calls the coordinator, now or when the pause is over.
  void Step();
  void OnAnswer(const v1::SyncRequest& request,
                const absl::StatusOr<v1::SyncResponse>& response);
  void NextStepAfter(absl::Duration delay);
  void Wake();
  void FillSlots();
  void FinishWork(int64_t work);

  const std::string name_;
  const std::string architecture_;
  EventLoop& loop_;
  const Faults& faults_;
  Dice dice_;
  CoordinatorNode& coordinator_;
  worker::TaskExecutor& executor_;
  JournalAudit& audit_;
  Findings& findings_;
  int sessions_ = 0;
  bool disk_full_ = false;
  std::shared_ptr<Process> process_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_WORKER_NODE_H_
