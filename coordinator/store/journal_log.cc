// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/journal_log.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/log/program_log.h"
#include "common/text/printable_text.h"
#include "common/text/text.h"

namespace kso::coordinator {
namespace {

using spdlog::level::err;
using spdlog::level::info;
using spdlog::level::warn;

// The lines that wait for whatever reads the log. Further ones are left out.
constexpr size_t kMostWaiting = 10'000;

// The lines of a commit.
class Lines {
 public:
  void AddBuild(spdlog::level::level_enum level, std::string_view build,
                std::string text) {
    lines_.push_back({level, std::move(text), std::string(build), "", ""});
  }

  void AddWorker(std::string_view worker, std::string text) {
    lines_.push_back({info, std::move(text), "", "", std::string(worker)});
  }

  // A task's id begins with its build's: "BUILD/layer/...".
  template <typename Change>
  void AddTask(spdlog::level::level_enum level, const Change& change,
               std::string text) {
    const std::string& task = change.task_id();
    lines_.push_back({level, std::move(text), task.substr(0, task.find('/')),
                      task, change.worker()});
  }

  std::vector<JournalLogLine> Take() { return std::move(lines_); }

 private:
  std::vector<JournalLogLine> lines_;
};

// Reasons hold words of hosts and images.
std::string TextOf(const v1::Failure& failure) {
  return PrintableText(Concat(failure.item(), ": ", failure.reason()));
}

void AddEnd(const v1::BuildEnded& end, Lines& lines) {
  const bool is_done = end.state() == v1::Build::SUCCEEDED;
  lines.AddBuild(
      is_done ? info : warn, end.build_id(),
      Concat("the build has ended: ",
             absl::AsciiStrToLower(v1::Build::State_Name(end.state()))));
  for (const v1::Failure& failure : end.failures()) {
    lines.AddBuild(err, end.build_id(), TextOf(failure));
  }
}

void AddRequeued(const v1::TaskRequeued& change, Lines& lines) {
  if (change.has_failure()) {
    lines.AddTask(
        warn, change,
        Concat("the task is tried again: ", TextOf(change.failure())));
  } else {
    lines.AddTask(info, change, "the worker gave the task back");
  }
}

void Add(const v1::JournalRecord& record, Lines& lines) {
  switch (record.change_case()) {
    case v1::JournalRecord::kBuildSubmitted: {
      const v1::BuildSubmitted& change = record.build_submitted();
      return lines.AddBuild(
          info, change.build_id(),
          PrintableText(Concat("release ", change.release().name(),
                               " was submitted by ", change.submitted_by())));
    }
    case v1::JournalRecord::kBuildRetried:
      return lines.AddBuild(info, record.build_retried().build_id(),
                            "the build is tried again");
    case v1::JournalRecord::kPhaseEntered:
      return lines.AddBuild(
          info, record.phase_entered().build_id(),
          Concat("phase ", absl::AsciiStrToLower(v1::Phase_Name(
                               record.phase_entered().phase()))));
    case v1::JournalRecord::kBuildEnded:
      return AddEnd(record.build_ended(), lines);
    case v1::JournalRecord::kLeaseGranted:
      return lines.AddTask(info, record.lease_granted(),
                           "the task was given out");
    case v1::JournalRecord::kTaskFinished:
      return lines.AddTask(info, record.task_finished(), "the task is done");
    case v1::JournalRecord::kTaskFailed:
      return lines.AddTask(
          err, record.task_failed(),
          Concat("the task failed: ", TextOf(record.task_failed().failure())));
    case v1::JournalRecord::kTaskRequeued:
      return AddRequeued(record.task_requeued(), lines);
    case v1::JournalRecord::kWorkerDrained:
      return lines.AddWorker(record.worker_drained().worker(),
                             "the worker drains");
    case v1::JournalRecord::kWorkerUndrained:
      return lines.AddWorker(record.worker_undrained().worker(),
                             "the worker is given work again");
    case v1::JournalRecord::kWorkerDistrusted:
      return lines.AddWorker(record.worker_distrusted().worker(),
                             "the worker is distrusted");
    case v1::JournalRecord::kWorkerTrusted:
      return lines.AddWorker(record.worker_trusted().worker(),
                             "the worker is trusted again");
    default:
      return;
  }
}

}  // namespace

absl::Status JournalLog::Commit(absl::Span<const v1::JournalRecord> records) {
  KSO_RETURN_IF_ERROR(store_->Commit(records));
  Lines lines;
  for (const v1::JournalRecord& record : records) Add(record, lines);
  Queue(lines.Take());
  return absl::OkStatus();
}

void JournalLog::Queue(std::vector<JournalLogLine> lines) {
  if (lines.empty()) return;
  absl::MutexLock lock(&mutex_);
  const bool is_first = waiting_.empty();
  for (JournalLogLine& line : lines) {
    if (waiting_.size() < kMostWaiting) {
      waiting_.push_back(std::move(line));
    } else {
      ++left_out_;
    }
  }
  if (is_first) writer_.Schedule([this] { WriteWaiting(); });
}

void JournalLog::WriteWaiting() {
  std::vector<JournalLogLine> lines;
  int64_t left_out = 0;
  {
    absl::MutexLock lock(&mutex_);
    lines.swap(waiting_);
    left_out = std::exchange(left_out_, 0);
  }
  for (const JournalLogLine& line : lines) {
    LogLine(line.level, line.text,
            {.build = line.build, .task = line.task, .worker = line.worker});
  }
  if (left_out > 0) {
    LogLine(
        warn,
        Concat(Count(left_out, "line"),
               " of builds and tasks left out: this log is read too slowly"),
        {});
  }
}

absl::Status JournalLog::Replay(
    const std::function<absl::Status(const v1::JournalRecord&)>& apply) {
  return store_->Replay(apply);
}

}  // namespace kso::coordinator
