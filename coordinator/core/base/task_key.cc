// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/task_key.h"

#include <cstdlib>
#include <string>

#include "common/bytes/digest.h"

namespace kso::coordinator {
namespace {

void ForgetNames(v1::Task& task) {
  switch (task.work_case()) {
    case v1::Task::kResolveFile:
      task.mutable_resolve_file()->clear_location();
      task.clear_destination();
      break;
    case v1::Task::kResolveImage:
      task.mutable_resolve_image()->clear_location();
      task.clear_destination();
      break;
    case v1::Task::kMakeLayer:
      task.mutable_make_layer()->clear_name();
      for (v1::LayerMember& member :
           *task.mutable_make_layer()->mutable_members()) {
        if (member.has_file()) member.mutable_file()->clear_location();
      }
      break;
    default:
      break;
  }
  // Results for destinations of other kinds stay in the coordinator's own
  // store.
  if (task.destination().kind() != v1::Destination::REGISTRY) {
    task.mutable_destination()->clear_location();
  }
}

}  // namespace

TaskKey TaskKeyOf(const v1::Task& task) {
  v1::Task work = task;
  work.clear_task_id();
  work.clear_build_id();
  work.clear_name();
  work.clear_weight();
  work.clear_fetch_group();
  ForgetNames(work);
  Hasher hasher;
  // Without maps in it, a message has one serialization in one program, and
  // keys do not outlive that.
  hasher.Update(work.SerializeAsString());
  const Digest digest = hasher.Finish();
  const std::string& hex = digest.hex();
  return {std::strtoull(hex.substr(0, 16).c_str(), nullptr, 16),
          std::strtoull(hex.substr(16, 16).c_str(), nullptr, 16)};
}

}  // namespace kso::coordinator
