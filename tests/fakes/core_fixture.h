// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_CORE_FIXTURE_H_
#define KSO_TESTS_FAKES_CORE_FIXTURE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "coordinator/core/schedule/worker_pool.h"
#include "coordinator/core/schedule/worker_view.h"
#include "coordinator/core/state/state.h"
#include "gtest/gtest.h"

namespace kso::coordinator {

// Tasks, workers and records for tests of the coordinator's core.
inline v1::Platform PlatformOf(const std::string& architecture) {
  v1::Platform platform;
  platform.set_os("linux");
  platform.set_architecture(architecture);
  return platform;
}

inline v1::Task MakeTask(const std::string& id,
                         const std::string& architecture = "",
                         bool must_execute = false, int64_t weight = 0) {
  v1::Task task;
  task.set_task_id(id);
  task.set_name("task " + id);
  // Unlike all others.
  task.mutable_make_layer()->set_image(id);
  if (!architecture.empty())
    *task.mutable_platform() = PlatformOf(architecture);
  task.set_must_execute(must_execute);
  task.set_weight(weight);
  return task;
}

// A ready worker, native for `architecture`.
inline WorkerView MakeWorker(const std::string& name,
                             const std::string& architecture,
                             bool native = true) {
  WorkerView worker;
  worker.info.set_name(name);
  worker.info.set_can_execute(true);
  v1::PlatformSupport* support = worker.info.add_platforms();
  *support->mutable_platform() = PlatformOf(architecture);
  support->set_native(native);
  return worker;
}

using WorkerViews = std::vector<WorkerView>;

// `views` must outlive it.
inline WorkerPool PoolOf(const WorkerViews& views) {
  WorkerPool pool;
  for (const WorkerView& view : views) pool.Put(view);
  return pool;
}

// A State with shorthand for the records of tests.
struct TestState {
  State state;
  absl::Time time = absl::FromUnixSeconds(1700000000);

  void Apply(v1::JournalRecord record) {
    state.AdvanceTo(time);
    *record.mutable_time() = ToProto(time);
    const absl::Status status = state.Apply(record);
    ASSERT_TRUE(status.ok()) << status;
  }

  void AddBuild(const std::string& id, const std::vector<v1::Task>& tasks,
                v1::Phase phase, const v1::Release& release = {},
                int priority = 0) {
    v1::JournalRecord submitted;
    submitted.mutable_build_submitted()->set_build_id(id);
    *submitted.mutable_build_submitted()->mutable_release() = release;
    submitted.mutable_build_submitted()->set_priority(priority);
    Apply(submitted);
    v1::JournalRecord entered;
    entered.mutable_phase_entered()->set_build_id(id);
    entered.mutable_phase_entered()->set_phase(phase);
    Apply(entered);
    v1::JournalRecord added;
    added.mutable_tasks_added()->set_build_id(id);
    added.mutable_tasks_added()->set_phase(phase);
    *added.mutable_tasks_added()->mutable_tasks() = {tasks.begin(),
                                                     tasks.end()};
    Apply(added);
  }

  void Cancel(const std::string& build) {
    v1::JournalRecord record;
    record.mutable_build_ended()->set_build_id(build);
    record.mutable_build_ended()->set_state(v1::Build::CANCELLED);
    Apply(record);
  }

  void Retry(const std::string& build) {
    v1::JournalRecord record;
    record.mutable_build_retried()->set_build_id(build);
    Apply(record);
  }

  void Grant(const std::string& task, const std::string& worker) {
    v1::JournalRecord record;
    v1::LeaseGranted* change = record.mutable_lease_granted();
    change->set_task_id(task);
    change->set_lease_id(
        absl::StrCat("lease-", task, "-", state.FindTask(task)->attempts + 1));
    change->set_worker(worker);
    change->set_session("session");
    Apply(record);
  }

  v1::JournalRecord FinishRecord(const std::string& task,
                                 const v1::TaskResult& result) {
    v1::JournalRecord record;
    v1::TaskFinished* change = record.mutable_task_finished();
    change->set_task_id(task);
    change->set_lease_id(state.FindTask(task)->lease->lease_id);
    change->set_worker(state.FindTask(task)->lease->worker);
    *change->mutable_result() = result;
    return record;
  }
  void Finish(const std::string& task, const v1::TaskResult& result) {
    Apply(FinishRecord(task, result));
  }

  void Fail(const std::string& task, const v1::Failure& failure) {
    v1::JournalRecord record;
    v1::TaskFailed* change = record.mutable_task_failed();
    change->set_task_id(task);
    change->set_lease_id(state.FindTask(task)->lease->lease_id);
    change->set_worker(state.FindTask(task)->lease->worker);
    *change->mutable_failure() = failure;
    Apply(record);
  }

  void Requeue(const std::string& task, v1::Failure::Kind kind,
               const std::string& reason, absl::Duration delay) {
    v1::JournalRecord record;
    v1::TaskRequeued* change = record.mutable_task_requeued();
    change->set_task_id(task);
    change->set_lease_id(state.FindTask(task)->lease->lease_id);
    change->set_worker(state.FindTask(task)->lease->worker);
    change->mutable_failure()->set_kind(kind);
    change->mutable_failure()->set_reason(reason);
    if (delay > absl::ZeroDuration()) {
      *change->mutable_not_before() = ToProto(time + delay);
    }
    Apply(record);
  }
};

// The texts of the events of a build's log.
inline std::vector<std::string> Texts(const BuildEntry& build) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < build.events.size(); ++i) {
    texts.push_back(build.events[i].text());
  }
  return texts;
}
inline std::string LastText(const BuildEntry& build) {
  return Texts(build).back();
}

// The record does not fit those before it.
inline void ExpectRefused(TestState& test, const v1::JournalRecord& record) {
  EXPECT_EQ(test.state.Apply(record).code(), absl::StatusCode::kDataLoss)
      << record.ShortDebugString();
}

inline v1::JournalRecord TasksRecord(const std::string& build, v1::Phase phase,
                                     const std::vector<v1::Task>& tasks) {
  v1::JournalRecord record;
  record.mutable_tasks_added()->set_build_id(build);
  record.mutable_tasks_added()->set_phase(phase);
  *record.mutable_tasks_added()->mutable_tasks() = {tasks.begin(), tasks.end()};
  return record;
}

inline v1::JournalRecord PhaseRecord(const std::string& build,
                                     v1::Phase phase) {
  v1::JournalRecord record;
  record.mutable_phase_entered()->set_build_id(build);
  record.mutable_phase_entered()->set_phase(phase);
  return record;
}

inline v1::JournalRecord EndRecord(const std::string& build,
                                   v1::Build::State state) {
  v1::JournalRecord record;
  record.mutable_build_ended()->set_build_id(build);
  record.mutable_build_ended()->set_state(state);
  return record;
}

}  // namespace kso::coordinator

#endif  // KSO_TESTS_FAKES_CORE_FIXTURE_H_
