// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_MODEL_TASKS_H_
#define KSO_TESTS_FAULT_MODEL_TASKS_H_

#include "common/oci/image_store.h"
#include "tests/fakes/resolved_release.h"
#include "tests/fault/dice.h"
#include "tests/fault/faults.h"
#include "worker/task/task_executor.h"

namespace kso::testing {

// Runs tasks in a simulation: the same steps as in a real worker, with an
// upstream and a destination in memory, in no time. Layers are not packed; the
// bytes that stand for one depend on its members and on nothing else.
class ModelTasks : public worker::TaskExecutor {
 public:
  ModelTasks(const Faults* faults, Dice dice, const ResolvedRelease* upstream,
             oci::ImageStore* destination)
      : faults_(*faults),
        dice_(dice),
        upstream_(*upstream),
        destination_(*destination) {}

  absl::StatusOr<v1::TaskResult> Execute(const v1::Task& task,
                                         worker::TaskControl& control) override;

 private:
  absl::Status AskUpstream();
  absl::StatusOr<v1::TaskResult> Resolve(const v1::Task& task);
  absl::StatusOr<v1::TaskResult> MakeLayer(const v1::Task& task,
                                           worker::TaskControl& control);
  absl::StatusOr<v1::TaskResult> CopyBlobs(const v1::Task& task,
                                           worker::TaskControl& control);
  absl::StatusOr<v1::TaskResult> Verify(const v1::Task& task);

  const Faults& faults_;
  Dice dice_;
  const ResolvedRelease& upstream_;
  oci::ImageStore& destination_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_MODEL_TASKS_H_
