// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/journal_log.h"

#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/log/program_log.h"
#include "common/text/printable_text.h"

namespace kso::coordinator {
namespace {

using spdlog::level::err;
using spdlog::level::info;
using spdlog::level::warn;

void LogBuild(spdlog::level::level_enum level, std::string_view build,
              std::string_view text) {
  LogLine(level, text, {.build = build});
}

void LogWorker(std::string_view worker, std::string_view text) {
  LogLine(info, text, {.worker = worker});
}

// A task's id begins with its build's: "BUILD/layer/...".
template <typename Change>
void LogTask(spdlog::level::level_enum level, const Change& change,
             std::string_view text) {
  const std::string_view task = change.task_id();
  LogLine(level, text,
          {.build = task.substr(0, task.find('/')),
           .task = task,
           .worker = change.worker()});
}

// Reasons hold words of hosts and images.
std::string TextOf(const v1::Failure& failure) {
  return PrintableText(Concat(failure.item(), ": ", failure.reason()));
}

void LogEnd(const v1::BuildEnded& end) {
  const bool is_done = end.state() == v1::Build::SUCCEEDED;
  LogBuild(is_done ? info : warn, end.build_id(),
           Concat("the build has ended: ",
                  absl::AsciiStrToLower(v1::Build::State_Name(end.state()))));
  for (const v1::Failure& failure : end.failures()) {
    LogBuild(err, end.build_id(), TextOf(failure));
  }
}

void LogRequeued(const v1::TaskRequeued& change) {
  if (change.has_failure()) {
    LogTask(warn, change,
            Concat("the task is tried again: ", TextOf(change.failure())));
  } else {
    LogTask(info, change, "the worker gave the task back");
  }
}

void Log(const v1::JournalRecord& record) {
  switch (record.change_case()) {
    case v1::JournalRecord::kBuildSubmitted: {
      const v1::BuildSubmitted& change = record.build_submitted();
      return LogBuild(
          info, change.build_id(),
          PrintableText(Concat("release ", change.release().name(),
                               " was submitted by ", change.submitted_by())));
    }
    case v1::JournalRecord::kBuildRetried:
      return LogBuild(info, record.build_retried().build_id(),
                      "the build is tried again");
    case v1::JournalRecord::kPhaseEntered:
      return LogBuild(info, record.phase_entered().build_id(),
                      Concat("phase ", absl::AsciiStrToLower(v1::Phase_Name(
                                           record.phase_entered().phase()))));
    case v1::JournalRecord::kBuildEnded:
      return LogEnd(record.build_ended());
    case v1::JournalRecord::kLeaseGranted:
      return LogTask(info, record.lease_granted(), "the task was given out");
    case v1::JournalRecord::kTaskFinished:
      return LogTask(info, record.task_finished(), "the task is done");
    case v1::JournalRecord::kTaskFailed:
      return LogTask(
          err, record.task_failed(),
          Concat("the task failed: ", TextOf(record.task_failed().failure())));
    case v1::JournalRecord::kTaskRequeued:
      return LogRequeued(record.task_requeued());
    case v1::JournalRecord::kWorkerDrained:
      return LogWorker(record.worker_drained().worker(), "the worker drains");
    case v1::JournalRecord::kWorkerUndrained:
      return LogWorker(record.worker_undrained().worker(),
                       "the worker is given work again");
    case v1::JournalRecord::kWorkerDistrusted:
      return LogWorker(record.worker_distrusted().worker(),
                       "the worker is distrusted");
    case v1::JournalRecord::kWorkerTrusted:
      return LogWorker(record.worker_trusted().worker(),
                       "the worker is trusted again");
    default:
      return;
  }
}

}  // namespace

absl::Status JournalLog::Commit(absl::Span<const v1::JournalRecord> records) {
  KSO_RETURN_IF_ERROR(store_->Commit(records));
  for (const v1::JournalRecord& record : records) Log(record);
  return absl::OkStatus();
}

absl::Status JournalLog::Replay(
    const std::function<absl::Status(const v1::JournalRecord&)>& apply) {
  return store_->Replay(apply);
}

}  // namespace kso::coordinator
