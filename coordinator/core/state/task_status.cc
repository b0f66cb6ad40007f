// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/task_status.h"

#include "common/base/proto_time.h"

namespace kso::coordinator {
namespace {

v1::TaskStatus::Kind KindOf(v1::Task::WorkCase work) {
  switch (work) {
    case v1::Task::kResolveFile:
      return v1::TaskStatus::RESOLVE_FILE;
    case v1::Task::kResolveImage:
      return v1::TaskStatus::RESOLVE_IMAGE;
    case v1::Task::kMakeLayer:
      return v1::TaskStatus::MAKE_LAYER;
    case v1::Task::kCopyBlobs:
      return v1::TaskStatus::COPY_BLOBS;
    case v1::Task::kVerifyImage:
      return v1::TaskStatus::VERIFY_IMAGE;
    case v1::Task::WORK_NOT_SET:
      break;
  }
  return v1::TaskStatus::KIND_UNSPECIFIED;
}

v1::TaskStatus::State WaitingState(const TaskEntry& task) {
  switch (task.place()) {
    case Place::kDelayed:
      return v1::TaskStatus::DELAYED;
    case Place::kShared:
      return v1::TaskStatus::SHARED;
    case Place::kNowhere:
      return v1::TaskStatus::STOPPED;
    case Place::kReady:
    case Place::kLeased:
      break;
  }
  return v1::TaskStatus::READY;
}

}  // namespace

int64_t ToRunTime(absl::Time time) { return absl::ToUnixMicros(time); }

absl::Time FromRunTime(int64_t time) {
  return time == 0 ? absl::InfinitePast() : absl::FromUnixMicros(time);
}

v1::TaskStatus::State StateOfTask(const TaskEntry& task) {
  switch (task.state) {
    case TaskState::kLeased:
      return v1::TaskStatus::RUNNING;
    case TaskState::kDone:
      return v1::TaskStatus::DONE;
    case TaskState::kFailed:
      return v1::TaskStatus::FAILED;
    case TaskState::kRunnable:
      break;
  }
  return WaitingState(task);
}

v1::TaskStatus StatusOfTask(const TaskEntry& task) {
  v1::TaskStatus status;
  status.set_task_id(task.id);
  status.set_name(task.name);
  status.set_phase(task.phase);
  status.set_kind(KindOf(task.work));
  status.set_state(StateOfTask(task));
  *status.mutable_platform() = task.demand->platform;
  if (task.run.worker != nullptr) status.set_worker(*task.run.worker);
  *status.mutable_started() = ToProto(FromRunTime(task.run.began));
  *status.mutable_ended() = ToProto(FromRunTime(task.run.ended));
  status.set_attempts(task.attempts);
  status.set_bytes_expected(task.weight);
  status.set_reused(task.run.reused);
  if (task.state == TaskState::kFailed) {
    *status.mutable_failure() = task.trouble_or_none().failure;
  }
  if (task.state == TaskState::kDone) {
    const v1::TaskResult result = task.UnpackResult();
    status.set_bytes_fetched(result.bytes_fetched());
    status.set_bytes_pushed(result.bytes_pushed());
  }
  return status;
}

}  // namespace kso::coordinator
