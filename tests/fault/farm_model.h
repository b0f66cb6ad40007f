// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_FARM_MODEL_H_
#define KSO_TESTS_FAULT_FARM_MODEL_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/resolved_release.h"
#include "tests/fault/client_node.h"
#include "tests/fault/coordinator_node.h"
#include "tests/fault/crashing_store.h"
#include "tests/fault/fake_destination.h"
#include "tests/fault/faults.h"
#include "tests/fault/findings.h"
#include "tests/fault/history.h"
#include "tests/fault/journal_audit.h"
#include "tests/fault/model_tasks.h"
#include "tests/fault/network.h"
#include "tests/fault/twin_audit.h"
#include "tests/fault/worker_node.h"

namespace kso::testing {

// A small farm in memory, with its users, and the faults that befall both.
class FarmModel {
 public:
  explicit FarmModel(const HistoryOptions& options);

  // Starts all processes and users, and the faults that were drawn.
  void Begin();
  // Ends all faults, starts the processes that are down, and retries failed
  // builds until nothing is left to do.
  void Mend();
  // Returns whether every build has ended, and succeeded unless it was
  // cancelled, and all watchers have heard of it.
  bool AllIsDone() const;
  // Checks the invariants of a farm that has nothing left to do.
  void CheckTheEnd();

  EventLoop& loop() { return loop_; }
  Findings& findings() { return findings_; }
  HistoryReport Report() const;

 private:
  void MakeReleases();
  void MakePeople();
  // Runs the fault `what` again and again until the farm is mended.
  void Befall(absl::Duration mean, std::function<void()> what);
  void PlanFaults();
  void OrderDrain(const std::string& worker);
  void Tend(ClientNode& client);
  void CheckBuild(const coordinator::BuildEntry& build);

  Dice dice_;
  EventLoop loop_;
  Faults faults_;
  bool mended_ = false;
  Findings findings_;
  ResolvedRelease upstream_;
  std::vector<v1::Release> releases_;
  JournalAudit audit_;
  TwinAudit twins_;
  CrashingStore store_;
  Network network_;
  FakeDestination destination_;
  ModelTasks tasks_;
  std::unique_ptr<worker::TaskExecutor> mutant_;
  CoordinatorNode coordinator_;
  std::vector<std::unique_ptr<WorkerNode>> workers_;
  std::vector<std::unique_ptr<ClientNode>> clients_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_FARM_MODEL_H_
