// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/task_factory.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "common/base/sizes.h"
#include "common/base/strings.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"

namespace kso::coordinator {
namespace {

constexpr std::string_view kResolve = "resolve ";
constexpr std::string_view kCopy = "/copy-";

}  // namespace

std::string PlatformSlug(const v1::Platform& platform) {
  return absl::StrReplaceAll(oci::FormatPlatform(platform), {{"/", "-"}});
}

std::string ResolveNameOf(const v1::Task& task) {
  if (task.has_resolve_file()) {
    return Concat(kResolve, task.resolve_file().url());
  }
  if (task.has_resolve_image()) {
    return Concat(kResolve, task.resolve_image().reference());
  }
  return "";
}

std::string ItemOfResolveName(std::string_view name) {
  return std::string(name.substr(kResolve.size()));
}

std::string CopyId(std::string_view original, size_t number) {
  return Concat(original, kCopy, number);
}

std::string_view OriginalOfCopy(std::string_view id) {
  return id.substr(0, id.rfind(kCopy));
}

int64_t MemberSize(const v1::LayerMember& member) {
  switch (member.source_case()) {
    case v1::LayerMember::kFile:
      return member.file().size();
    case v1::LayerMember::kBlob:
      return member.blob().blob().size();
    default:
      return static_cast<int64_t>(member.content().size());
  }
}

std::string NumberedId(std::string_view stem, size_t number) {
  return Concat(stem, "-", absl::StrFormat("%03d", number));
}

v1::Task TaskFactory::New(std::string_view id, std::string_view name) const {
  v1::Task task;
  task.set_task_id(Concat(build_id_, "/", id));
  task.set_build_id(build_id_);
  task.set_name(std::string(name));
  *task.mutable_mirrors() = release_.mirrors();
  *task.mutable_destination() = release_.destination();
  if (release_.has_logins()) *task.mutable_logins() = release_.logins();
  return task;
}

std::string TaskFactory::layer_media_type() const {
  return release_.layer_media_type().empty() ? std::string(oci::kOciLayerGzip)
                                             : release_.layer_media_type();
}

v1::Task TaskFactory::NewLayer(std::string_view id, std::string_view image,
                               std::string_view title,
                               std::vector<v1::LayerMember> members) const {
  v1::Task task = New(id, Concat("layer ", image, ": ", title));
  v1::MakeLayer& layer = *task.mutable_make_layer();
  layer.set_name(std::string(title));
  layer.set_image(std::string(image));
  layer.set_media_type(layer_media_type());
  layer.set_cross_checked(release_.cross_check());
  int64_t weight = 0;
  for (v1::LayerMember& member : members) {
    weight = SaturatingAdd(weight, std::max<int64_t>(MemberSize(member), 0));
    *layer.add_members() = std::move(member);
  }
  task.set_weight(weight);
  return task;
}

}  // namespace kso::coordinator
