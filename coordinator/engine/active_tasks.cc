// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/active_tasks.h"

#include <algorithm>

#include "common/base/proto_time.h"
#include "common/base/sizes.h"

namespace kso::coordinator {
namespace {

// As proto/kso/v1/build.proto says of Build.active.
constexpr int kMostActive = 64;

v1::ActiveTask Describe(const TaskEntry& task, const WorkerTable& workers) {
  v1::ActiveTask active;
  active.set_task_id(task.id);
  active.set_name(task.name);
  active.set_phase(task.phase);
  active.set_worker(task.lease->worker);
  active.set_bytes_expected(task.weight);
  *active.mutable_started() = ToProto(task.lease->granted);
  const Worker* const worker = workers.Find(task.lease->worker);
  const v1::HeldLease* const report = ReportOf(worker, task.lease->lease_id);
  if (report == nullptr) return active;
  active.set_activity(report->activity());
  active.set_host(report->host());
  active.set_bytes_fetched(report->bytes_fetched());
  active.set_bytes_pushed(report->bytes_pushed());
  *active.mutable_reported() = ToProto(worker->reported);
  return active;
}

// The bytes that a task has fetched go through it a second time, to the
// destination; what was in its worker's cache passes only then.
int64_t BytesThrough(const v1::ActiveTask& task) {
  return std::min(std::max(task.bytes_fetched(), task.bytes_pushed()),
                  task.bytes_expected());
}

}  // namespace

const v1::HeldLease* ReportOf(const Worker* worker, std::string_view lease_id) {
  if (worker == nullptr) return nullptr;
  for (const v1::HeldLease& held : worker->activity) {
    if (held.lease_id() == lease_id) return &held;
  }
  return nullptr;
}

void AddActiveTasks(const BuildEntry& build, const WorkerTable& workers,
                    v1::Build& view) {
  for (const TaskEntry* task : build.queue.leased) {
    if (view.active_size() == kMostActive) break;
    *view.add_active() = Describe(*task, workers);
  }
  for (v1::PhaseProgress& progress : *view.mutable_progress()) {
    for (const v1::ActiveTask& task : view.active()) {
      if (task.phase() != progress.phase()) continue;
      progress.set_bytes_done(
          SaturatingAdd(progress.bytes_done(), BytesThrough(task)));
    }
    progress.set_bytes_done(
        std::min(progress.bytes_done(), progress.bytes_total()));
  }
}

}  // namespace kso::coordinator
