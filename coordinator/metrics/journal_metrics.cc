// SPDX-License-Identifier: Apache-2.0
#include "coordinator/metrics/journal_metrics.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "common/base/proto_time.h"
#include "common/base/status_macros.h"

namespace kso::coordinator {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using Buckets = prometheus::Histogram::BucketBoundaries;

const Buckets& CommitBuckets() {
  static const Buckets buckets = {.0001, .00025, .0005, .001, .0025, .005,
                                  .01,   .025,   .05,   .1,   .25,   1};
  return buckets;
}

const Buckets& TaskBuckets() {
  static const Buckets buckets = {.1, .25, .5, 1,   2.5, 5,
                                  10, 30,  60, 300, 900, 3600};
  return buckets;
}

const Buckets& BuildBuckets() {
  static const Buckets buckets = {1,   5,   15,   30,   60,   120,
                                  300, 600, 1800, 3600, 7200, 21600};
  return buckets;
}

// The word of a task's id ("BUILD/layer/...") that says what kind it is.
std::string KindOf(const std::string& task_id) {
  const std::vector<std::string> parts = absl::StrSplit(task_id, '/');
  return parts.size() < 2 ? "unknown" : parts[1];
}

// Why a task is tried again, in the words of Failure.
const char* ReasonOf(const v1::TaskRequeued& change) {
  if (!change.has_failure()) return "returned";
  if (change.failure().rate_limited()) return "rate_limited";
  switch (change.failure().kind()) {
    case v1::Failure::INFRASTRUCTURE:
      return "infrastructure";
    case v1::Failure::TRANSIENT:
      return "transient";
    default:
      return "other";
  }
}

// A lease is lost when its worker is: then the task waits for nothing.
bool LeaseIsLost(const v1::TaskRequeued& change) {
  return change.failure().kind() == v1::Failure::INFRASTRUCTURE &&
         !change.has_not_before();
}

}  // namespace

JournalMetrics::JournalMetrics(std::unique_ptr<StateStore> store,
                               const Clock* clock,
                               prometheus::Registry* registry)
    : store_(std::move(store)),
      clock_(clock),
      commit_seconds_(
          BuildHistogram()
              .Name("kso_journal_commit_duration_seconds")
              .Help("Time until a commit of the journal was on disk.")
              .Register(*registry)
              .Add({}, CommitBuckets())),
      records_(BuildCounter()
                   .Name("kso_journal_records_total")
                   .Help("Records committed to the journal.")
                   .Register(*registry)
                   .Add({})),
      builds_running_(BuildGauge()
                          .Name("kso_builds_running")
                          .Help("Builds that have not ended.")
                          .Register(*registry)
                          .Add({})),
      builds_ended_(BuildCounter()
                        .Name("kso_builds_ended_total")
                        .Help("Builds that have ended, by how they ended.")
                        .Register(*registry)),
      build_seconds_(BuildHistogram()
                         .Name("kso_build_duration_seconds")
                         .Help("Time from a build's submission, or last retry, "
                               "to its end.")
                         .Register(*registry)),
      leases_held_(BuildGauge()
                       .Name("kso_leases_held")
                       .Help("Leases that workers hold.")
                       .Register(*registry)
                       .Add({})),
      leases_lost_(BuildCounter()
                       .Name("kso_leases_lost_total")
                       .Help("Leases whose worker was lost before their end.")
                       .Register(*registry)
                       .Add({})),
      tasks_ended_(BuildCounter()
                       .Name("kso_tasks_ended_total")
                       .Help("Tasks that have ended, by kind and outcome.")
                       .Register(*registry)),
      task_seconds_(BuildHistogram()
                        .Name("kso_task_duration_seconds")
                        .Help("Time from the lease of a task to its end.")
                        .Register(*registry)),
      verification_seconds_(
          BuildHistogram()
              .Name("kso_verification_duration_seconds")
              .Help("Time in which a finished image was run and asked for all "
                    "that it serves, by whether the processor itself ran it.")
              .Register(*registry)),
      retries_(BuildCounter()
                   .Name("kso_task_retries_total")
                   .Help("Tasks that wait for another try, by kind and reason.")
                   .Register(*registry)),
      bytes_(BuildCounter()
                 .Name("kso_task_bytes_total")
                 .Help("Bytes that finished tasks fetched and pushed.")
                 .Register(*registry)) {}

absl::Status JournalMetrics::Commit(
    absl::Span<const v1::JournalRecord> records) {
  if (records.empty()) return store_->Commit(records);
  const absl::Time begun = clock_->Now();
  KSO_RETURN_IF_ERROR(store_->Commit(records));
  commit_seconds_.Observe(absl::ToDoubleSeconds(clock_->Now() - begun));
  records_.Increment(static_cast<double>(records.size()));
  for (const v1::JournalRecord& record : records) {
    Count(record);
    Follow(record);
  }
  return absl::OkStatus();
}

absl::Status JournalMetrics::Replay(
    const std::function<absl::Status(const v1::JournalRecord&)>& apply) {
  return store_->Replay([&](const v1::JournalRecord& record) {
    Follow(record);
    return apply(record);
  });
}

void JournalMetrics::Follow(const v1::JournalRecord& record) {
  const absl::Time now = FromProto(record.time());
  switch (record.change_case()) {
    case v1::JournalRecord::kBuildSubmitted:
      builds_submitted_[record.build_submitted().build_id()] = now;
      break;
    case v1::JournalRecord::kBuildRetried:
      builds_submitted_[record.build_retried().build_id()] = now;
      break;
    case v1::JournalRecord::kBuildEnded:
      builds_submitted_.erase(record.build_ended().build_id());
      break;
    case v1::JournalRecord::kLeaseGranted:
      leases_granted_[record.lease_granted().lease_id()] = now;
      break;
    case v1::JournalRecord::kTaskFinished:
      leases_granted_.erase(record.task_finished().lease_id());
      break;
    case v1::JournalRecord::kTaskFailed:
      leases_granted_.erase(record.task_failed().lease_id());
      break;
    case v1::JournalRecord::kTaskRequeued:
      leases_granted_.erase(record.task_requeued().lease_id());
      break;
    default:
      return;
  }
  builds_running_.Set(static_cast<double>(builds_submitted_.size()));
  leases_held_.Set(static_cast<double>(leases_granted_.size()));
}

void JournalMetrics::Count(const v1::JournalRecord& record) {
  const absl::Time now = FromProto(record.time());
  switch (record.change_case()) {
    case v1::JournalRecord::kBuildEnded: {
      const v1::BuildEnded& end = record.build_ended();
      const std::string state =
          absl::AsciiStrToLower(v1::Build::State_Name(end.state()));
      builds_ended_.Add({{"state", state}}).Increment();
      const auto submitted = builds_submitted_.find(end.build_id());
      if (submitted == builds_submitted_.end()) return;
      build_seconds_.Add({{"state", state}}, BuildBuckets())
          .Observe(absl::ToDoubleSeconds(now - submitted->second));
      return;
    }
    case v1::JournalRecord::kTaskFinished: {
      const v1::TaskFinished& end = record.task_finished();
      const std::string kind = KindOf(end.task_id());
      bytes_.Add({{"direction", "fetched"}, {"kind", kind}})
          .Increment(static_cast<double>(end.result().bytes_fetched()));
      bytes_.Add({{"direction", "pushed"}, {"kind", kind}})
          .Increment(static_cast<double>(end.result().bytes_pushed()));
      const auto granted = leases_granted_.find(end.lease_id());
      if (end.result().has_verified_image() &&
          granted != leases_granted_.end()) {
        const bool native = end.result().verified_image().native();
        verification_seconds_
            .Add({{"native", native ? "true" : "false"}}, TaskBuckets())
            .Observe(absl::ToDoubleSeconds(now - granted->second));
      }
      CountEnd(end.task_id(), end.lease_id(), now, "done");
      return;
    }
    case v1::JournalRecord::kTaskFailed:
      CountEnd(record.task_failed().task_id(), record.task_failed().lease_id(),
               now, "failed");
      return;
    case v1::JournalRecord::kTaskRequeued: {
      const v1::TaskRequeued& change = record.task_requeued();
      retries_
          .Add({{"kind", KindOf(change.task_id())},
                {"reason", ReasonOf(change)}})
          .Increment();
      if (LeaseIsLost(change)) leases_lost_.Increment();
      return;
    }
    default:
      return;
  }
}

void JournalMetrics::CountEnd(const std::string& task_id,
                              const std::string& lease_id, absl::Time now,
                              const char* outcome) {
  const std::string kind = KindOf(task_id);
  tasks_ended_.Add({{"kind", kind}, {"outcome", outcome}}).Increment();
  const auto granted = leases_granted_.find(lease_id);
  if (granted == leases_granted_.end()) return;
  task_seconds_.Add({{"kind", kind}}, TaskBuckets())
      .Observe(absl::ToDoubleSeconds(now - granted->second));
}

}  // namespace kso::coordinator
