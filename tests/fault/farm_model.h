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

// A small farm in memory, its people, and what befalls both.
class FarmModel {
 public:
  explicit FarmModel(const HistoryOptions& options);

  // Everybody begins, and faults come as drawn.
  void Begin();
  // All faults end, what is down comes up, and failed builds are retried until
  // nothing is left to do.
  void Mend();
  // Every build has ended, well unless somebody cancelled it, and everybody who
  // watches knows.
  bool AllIsDone() const;
  // What must hold when all is done.
  void CheckTheEnd();

  EventLoop& loop() { return loop_; }
  Findings& findings() { return findings_; }
  HistoryReport Report() const;

 private:
  void MakeReleases();
  void MakePeople();
  // `what` befalls the farm again and again until it is mended.
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
