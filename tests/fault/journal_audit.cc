// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/journal_audit.h"

#include "common/base/strings.h"
#include "common/evidence/artifact.h"

namespace kso::testing {

void JournalAudit::OnDurable(const v1::JournalRecord& record) {
  switch (record.change_case()) {
    case v1::JournalRecord::kBuildSubmitted: {
      const v1::BuildSubmitted& change = record.build_submitted();
      if (!running_.emplace(change.build_id(), true).second) {
        findings_.Broken(Concat("two builds ", change.build_id()));
      }
      tag_of_[change.build_id()] = change.release().name();
      return;
    }
    case v1::JournalRecord::kTasksAdded:
      for (const v1::Task& task : record.tasks_added().tasks()) {
        build_of_[task.task_id()] = record.tasks_added().build_id();
        phase_of_[task.task_id()] = record.tasks_added().phase();
      }
      for (const auto& [task, reused] : record.tasks_added().reused()) {
        finished_.insert(task);
      }
      return;
    case v1::JournalRecord::kLeaseGranted:
      return Granted(record.lease_granted());
    case v1::JournalRecord::kTaskFinished: {
      const v1::TaskFinished& change = record.task_finished();
      Ended(change.lease_id(), change.task_id());
      if (!finished_.insert(change.task_id()).second) {
        findings_.Broken(Concat("finished twice: ", change.task_id()));
      }
      return;
    }
    case v1::JournalRecord::kTaskShared: {
      const v1::TaskShared& change = record.task_shared();
      if (!finished_.contains(change.from_task_id())) {
        findings_.Broken(
            Concat("shared before it was there: ", change.task_id()));
      }
      if (!finished_.insert(change.task_id()).second) {
        findings_.Broken(Concat("finished twice: ", change.task_id()));
      }
      return;
    }
    case v1::JournalRecord::kTaskFailed:
      return Ended(record.task_failed().lease_id(),
                   record.task_failed().task_id());
    case v1::JournalRecord::kTaskRequeued:
      return Ended(record.task_requeued().lease_id(),
                   record.task_requeued().task_id());
    case v1::JournalRecord::kPhaseEntered:
      phase_[record.phase_entered().build_id()] =
          record.phase_entered().phase();
      return;
    case v1::JournalRecord::kBuildEnded: {
      const std::string& build = record.build_ended().build_id();
      if (!Runs(build)) findings_.Broken(Concat("ended twice: ", build));
      running_[build] = false;
      end_of_[build] = ++ends_;
      std::erase_if(live_, [&](const std::string& id) {
        return leases_.at(id).build_id == build;
      });
      return;
    }
    case v1::JournalRecord::kBuildRetried: {
      const std::string& build = record.build_retried().build_id();
      if (Runs(build)) findings_.Broken(Concat("retried alive: ", build));
      running_[build] = true;
      // Upstream is looked at anew.
      if (phase_[build] == v1::RESOLVE || phase_[build] == v1::CHECK) {
        phase_[build] = v1::RESOLVE;
        std::erase_if(finished_, [&](const std::string& task) {
          return build_of_[task] == build && phase_of_[task] == v1::RESOLVE;
        });
      }
      return;
    }
    case v1::JournalRecord::kTasksReopened: {
      // The blobs that these tasks had made are gone, so they may run again.
      const v1::TasksReopened& change = record.tasks_reopened();
      phase_[change.build_id()] = change.phase();
      for (const std::string& task : change.task_ids()) finished_.erase(task);
      for (const auto& [task, build] : build_of_) {
        if (build == change.build_id() && phase_of_[task] > change.phase()) {
          finished_.erase(task);
        }
      }
      return;
    }
    case v1::JournalRecord::kWorkerDrained:
      drains_[record.worker_drained().worker()] =
          record.worker_drained().session();
      return;
    case v1::JournalRecord::kWorkerUndrained:
      drains_.erase(record.worker_undrained().worker());
      return;
    case v1::JournalRecord::kBuildPruned:
      if (Runs(record.build_pruned().build_id())) {
        findings_.Broken(
            Concat("pruned while it ran: ", record.build_pruned().build_id()));
      }
      Forget(record.build_pruned().build_id());
      return;
    default:
      return;
  }
}

bool JournalAudit::Runs(const std::string& build) const {
  const auto found = running_.find(build);
  return found != running_.end() && found->second;
}

bool JournalAudit::EndedLastOfItsName(const std::string& build) const {
  const std::string& name = tag_of_.at(build);
  for (const auto& [other, end] : end_of_) {
    if (end > end_of_.at(build) && tag_of_.at(other) == name) return false;
  }
  return true;
}

// Forgets a build, since its id may be used again, for the same tasks.
void JournalAudit::Forget(const std::string& build) {
  running_.erase(build);
  forgotten_.insert(build);
  std::erase_if(finished_, [&](const std::string& task) {
    return build_of_[task] == build;
  });
  std::erase_if(build_of_,
                [&](const auto& each) { return each.second == build; });
}

void JournalAudit::Granted(const v1::LeaseGranted& change) {
  const std::string& task = change.task_id();
  const std::string& build = build_of_[task];
  if (!Runs(build)) findings_.Broken(Concat("leased when ended: ", task));
  if (finished_.contains(task)) {
    findings_.Broken(Concat("leased after it was finished: ", task));
  }
  if (const auto drained = drains_.find(change.worker());
      drained != drains_.end() && drained->second == change.session()) {
    findings_.Broken(Concat("leased to one who drains: ", change.worker()));
  }
  if (const auto before = lease_of_.find(task);
      before != lease_of_.end() && live_.contains(before->second)) {
    findings_.Broken(Concat("leased to two: ", task));
  }
  if (!leases_
           .emplace(change.lease_id(),
                    Lease{task, build, change.worker(), change.session()})
           .second) {
    findings_.Broken(Concat("two leases ", change.lease_id()));
  }
  lease_of_[task] = change.lease_id();
  live_.insert(change.lease_id());
}

void JournalAudit::Ended(const std::string& lease_id,
                         const std::string& task_id) {
  if (live_.erase(lease_id) == 0 || leases_.at(lease_id).task_id != task_id) {
    findings_.Broken(
        Concat("the end of a lease that was not: ", lease_id, " ", task_id));
  }
}

void JournalAudit::OnStarted(const v1::Lease& lease, const std::string& worker,
                             const std::string& session) {
  const auto found = leases_.find(lease.lease_id());
  if (found == leases_.end()) {
    findings_.Broken(
        Concat("a lease that is not durable was started: ", lease.lease_id()));
  } else if (found->second.worker != worker ||
             found->second.session != session ||
             found->second.task_id != lease.task().task_id()) {
    findings_.Broken(
        Concat("somebody else's lease was started: ", lease.lease_id()));
  }
}

void JournalAudit::OnAcknowledged(const std::string& lease_id) {
  if (live_.contains(lease_id)) {
    findings_.Broken(Concat("acknowledged and not durable: ", lease_id));
  }
}

void JournalAudit::OnTag(const std::string& tag) {
  for (const auto& [build, name] : tag_of_) {
    const bool fits = tag == name || tag == name + "-all" || tag == "latest" ||
                      tag == "latest-all" || evidence::IsEvidenceTag(tag);
    if (fits && Runs(build) && phase_[build] == v1::TAG) return;
  }
  findings_.Broken(Concat("a tag that no build should push now: ", tag));
}

}  // namespace kso::testing
