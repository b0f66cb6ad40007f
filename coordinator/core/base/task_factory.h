// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_BASE_TASK_FACTORY_H_
#define KSO_COORDINATOR_CORE_BASE_TASK_FACTORY_H_

#include <string>
#include <string_view>

#include "kso/v1/build.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// "linux-arm64": a platform inside a task id.
std::string PlatformSlug(const v1::Platform& platform);

// Makes the tasks of one build. Immutable. `release` must outlive it.
class TaskFactory {
 public:
  TaskFactory(std::string_view build_id, const v1::Release& release)
      : build_id_(build_id), release_(release) {}

  // A task without work in it. `id` is unique in the build: "layer/files-003".
  v1::Task New(std::string_view id, std::string_view name) const;

  // A MakeLayer task. Its weight is the members' bytes as far as they are
  // known.
  v1::Task NewLayer(std::string_view id, std::string_view image,
                    std::string_view title,
                    std::vector<v1::LayerMember> members) const;

  const v1::Release& release() const { return release_; }
  std::string layer_media_type() const;

 private:
  const std::string build_id_;
  const v1::Release& release_;
};

// The name of a task that resolves something, "resolve https://..."; empty for
// other tasks.
std::string ResolveNameOf(const v1::Task& task);
// The URL or reference in such a name.
std::string ItemOfResolveName(std::string_view name);

// The id of a task that makes a layer again: "b1/layer/files-003/copy-1".
std::string CopyId(std::string_view original, size_t number);
// The id of the task whose layer such a task makes.
std::string_view OriginalOfCopy(std::string_view id);

// Bytes of a member's file; -1 if not known.
int64_t MemberSize(const v1::LayerMember& member);

// "files-003" for the fourth.
std::string NumberedId(std::string_view stem, size_t number);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BASE_TASK_FACTORY_H_
