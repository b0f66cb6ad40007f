// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/task_entry.h"

#include <algorithm>

#include "coordinator/core/base/task_factory.h"
#include "coordinator/core/state/build_entry.h"

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
  if (task.name() == ResolveNameOf(task)) kept.clear_name();
  if (as_release_) {
    kept.clear_mirrors();
    kept.clear_destination();
  }
  task_.Set(kept);
}

v1::Task TaskEntry::Task() const {
  v1::Task task = task_.Get();
  task.set_task_id(id);
  task.set_build_id(build->build_id);
  if (task.name().empty()) task.set_name(ResolveNameOf(task));
  if (as_release_) {
    *task.mutable_mirrors() = build->release.mirrors();
    if (build->release.has_destination()) {
      *task.mutable_destination() = build->release.destination();
    }
  }
  return task;
}

void TaskEntry::SetResult(const v1::TaskResult& result) {
  if (!result.has_resolved_file() ||
      result.resolved_file().url() != Task().resolve_file().url()) {
    return result_.Set(result);
  }
  v1::TaskResult kept = result;
  kept.mutable_resolved_file()->clear_url();
  result_.Set(kept);
}

v1::TaskResult TaskEntry::Result() const {
  v1::TaskResult result = result_.Get();
  if (result.has_resolved_file() && result.resolved_file().url().empty()) {
    result.mutable_resolved_file()->set_url(Task().resolve_file().url());
  }
  return result;
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
