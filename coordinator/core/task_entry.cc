#include "coordinator/core/task_entry.h"

#include <algorithm>

#include "coordinator/core/build_entry.h"

namespace kso::coordinator {
namespace {

template <typename Message>
bool Same(const Message& a, const Message& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

bool AsRelease(const v1::Task& task, const v1::Release& release) {
  return task.has_destination() == release.has_destination() &&
         Same(task.destination(), release.destination()) &&
         std::equal(task.mirrors().begin(), task.mirrors().end(),
                    release.mirrors().begin(), release.mirrors().end(),
                    Same<v1::Mirror>);
}

}  // namespace

void TaskEntry::SetTask(const v1::Task& task) {
  weight = task.weight();
  work = task.work_case();
  key = TaskKeyOf(task);
  as_release_ = AsRelease(task, build->release);
  v1::Task kept = task;
  kept.clear_task_id();
  kept.clear_build_id();
  if (as_release_) {
    kept.clear_mirrors();
    kept.clear_destination();
  }
  packed_task_ = kept.SerializeAsString();
  packed_task_.shrink_to_fit();
}

v1::Task TaskEntry::Task() const {
  v1::Task task;
  task.ParseFromString(packed_task_);
  task.set_task_id(id);
  task.set_build_id(build->build_id);
  if (as_release_) {
    *task.mutable_mirrors() = build->release.mirrors();
    if (build->release.has_destination()) {
      *task.mutable_destination() = build->release.destination();
    }
  }
  return task;
}

void TaskEntry::SetResult(const v1::TaskResult& result) {
  packed_result_ = result.SerializeAsString();
  packed_result_.shrink_to_fit();
}

v1::TaskResult TaskEntry::Result() const {
  v1::TaskResult result;
  result.ParseFromString(packed_result_);
  return result;
}

void TaskEntry::ForgetContent() {
  packed_task_ = std::string();
  packed_result_ = std::string();
}

const Trouble& TaskEntry::trouble_or_none() const {
  static const auto* const kNone = new Trouble();
  return trouble == nullptr ? *kNone : *trouble;
}

Trouble& TaskEntry::mutable_trouble() {
  if (trouble == nullptr) trouble = std::make_unique<Trouble>();
  return *trouble;
}

}  // namespace kso::coordinator
