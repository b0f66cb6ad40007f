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
  name = task.name();
  weight = task.weight();
  fetch_group = task.fetch_group();
  work = task.work_case();
  copy = !task.make_layer().copy_of().empty();
  key = TaskKeyOf(task);
  as_release_ = AsRelease(task, build->release);
  named_by_item_ = !name.empty() && name == ResolveNameOf(task);
  v1::Task kept = task;
  kept.clear_task_id();
  kept.clear_build_id();
  kept.clear_name();
  if (named_by_item_ && kept.has_resolve_file()) {
    kept.mutable_resolve_file()->clear_url();
  } else if (named_by_item_) {
    kept.mutable_resolve_image()->clear_reference();
  }
  if (as_release_) {
    kept.clear_mirrors();
    kept.clear_destination();
  }
  task_.Set(kept);
}

v1::Task TaskEntry::UnpackTask() const {
  v1::Task task = task_.Get();
  task.set_task_id(id);
  task.set_build_id(build->build_id);
  task.set_name(name);
  if (named_by_item_ && task.has_resolve_file()) {
    task.mutable_resolve_file()->set_url(ItemOfResolveName(name));
  } else if (named_by_item_) {
    task.mutable_resolve_image()->set_reference(ItemOfResolveName(name));
  }
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
      result.resolved_file().url() != UrlToResolve()) {
    return result_.Set(result);
  }
  v1::TaskResult kept = result;
  kept.mutable_resolved_file()->clear_url();
  result_.Set(kept);
}

v1::TaskResult TaskEntry::UnpackResult() const {
  v1::TaskResult result = result_.Get();
  if (result.has_resolved_file() && result.resolved_file().url().empty()) {
    result.mutable_resolved_file()->set_url(UrlToResolve());
  }
  return result;
}

std::string TaskEntry::UrlToResolve() const {
  if (work != v1::Task::kResolveFile) return "";
  return named_by_item_ ? ItemOfResolveName(name)
                        : UnpackTask().resolve_file().url();
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
