// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/record_subject.h"

#include <string_view>

#include "common/base/strings.h"

namespace kso::coordinator {
namespace {

RecordSubject Build(std::string_view id) { return {Concat("build ", id)}; }

// Task ids begin with their build's, which has no slash.
RecordSubject BuildOfTask(std::string_view task_id) {
  return Build(task_id.substr(0, task_id.find('/')));
}

}  // namespace

RecordSubject SubjectOf(const v1::JournalRecord& record) {
  switch (record.change_case()) {
    case v1::JournalRecord::kBuildSubmitted:
      return Build(record.build_submitted().build_id());
    case v1::JournalRecord::kTasksAdded:
      return Build(record.tasks_added().build_id());
    case v1::JournalRecord::kLeaseGranted:
      return BuildOfTask(record.lease_granted().task_id());
    case v1::JournalRecord::kTaskFinished:
      return BuildOfTask(record.task_finished().task_id());
    case v1::JournalRecord::kTaskShared:
      return BuildOfTask(record.task_shared().task_id());
    case v1::JournalRecord::kTaskFailed:
      return BuildOfTask(record.task_failed().task_id());
    case v1::JournalRecord::kTaskRequeued:
      return BuildOfTask(record.task_requeued().task_id());
    case v1::JournalRecord::kPlanMade:
      return Build(record.plan_made().build_id());
    case v1::JournalRecord::kContentJudged:
      return Build(record.content_judged().build_id());
    case v1::JournalRecord::kImagesAssembled:
      return Build(record.images_assembled().build_id());
    case v1::JournalRecord::kPhaseEntered:
      return Build(record.phase_entered().build_id());
    case v1::JournalRecord::kBuildEnded:
      return Build(record.build_ended().build_id());
    case v1::JournalRecord::kBuildRetried:
      return Build(record.build_retried().build_id());
    case v1::JournalRecord::kBuildPrioritized:
      return Build(record.build_prioritized().build_id());
    case v1::JournalRecord::kTasksReopened:
      return Build(record.tasks_reopened().build_id());
    case v1::JournalRecord::kBuildPruned:
      return {Build(record.build_pruned().build_id()).name, true};
    case v1::JournalRecord::kBuildInterrupted:
      return Build(record.build_interrupted().build_id());
    case v1::JournalRecord::kWorkerDrained:
      return {Concat("worker ", record.worker_drained().worker())};
    case v1::JournalRecord::kWorkerUndrained:
      return {Concat("worker ", record.worker_undrained().worker()), true};
    case v1::JournalRecord::kWorkerDistrusted:
      return {Concat("distrust ", record.worker_distrusted().worker())};
    case v1::JournalRecord::kWorkerTrusted:
      return {Concat("distrust ", record.worker_trusted().worker()), true};
    case v1::JournalRecord::kDestinationChecked:
      return Build(record.destination_checked().build_id());
    case v1::JournalRecord::kLayerRemembered:
      return {Concat("layer ", record.layer_remembered().space(), " ",
                     record.layer_remembered().key())};
    case v1::JournalRecord::kReleaseRemembered:
      return {Concat("release ", record.release_remembered().destination())};
    case v1::JournalRecord::kImageRemembered:
      return {Concat("image ", record.image_remembered().key())};
    case v1::JournalRecord::kVerificationRemembered:
      return {Concat("verification ", record.verification_remembered().key())};
    case v1::JournalRecord::kMemoryForgotten:
      return {record.memory_forgotten().subject(), true};
    case v1::JournalRecord::CHANGE_NOT_SET:
      break;
  }
  return {};
}

}  // namespace kso::coordinator
