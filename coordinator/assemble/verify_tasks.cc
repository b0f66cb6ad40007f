#include "coordinator/assemble/verify_tasks.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/digest.h"
#include "common/base/strings.h"
#include "common/oci/platform.h"
#include "coordinator/core/image_choice.h"
#include "coordinator/core/registry_tree.h"
#include "coordinator/core/served_path.h"
#include "coordinator/core/site_files.h"
#include "coordinator/core/task_factory.h"

namespace kso::coordinator {
namespace {

// What nginx serves is below this directory, whose name is in no URL.
constexpr std::string_view kNginxRoot = "opt/k8s/";

// By path in the image. A layer that an earlier release had may hold files that
// are not wanted any more, or not as they were.
using WantedFiles = std::map<std::string, v1::MadeMember>;

WantedFiles FilesOf(const v1::Release& release) {
  WantedFiles files;
  for (const v1::FileRequest& request : release.files()) {
    const absl::StatusOr<std::string> path = ServedPath(request.url());
    if (path.ok()) files[Concat(kFilesDirectory, *path)];
  }
  return files;
}

// Later layers cover what earlier ones have.
void AddLayer(const v1::MadeLayer& layer, WantedFiles& files) {
  for (const v1::MadeMember& member : layer.members()) {
    const auto file = files.find(member.path());
    if (file != files.end()) file->second = member;
  }
}

void ExpectFiles(const WantedFiles& files, v1::ExpectedFiles& expected) {
  for (const auto& [path, member] : files) {
    v1::MadeMember& file = *expected.add_files();
    file = member;
    file.set_path(path.substr(kNginxRoot.size()));
  }
}

void ExpectImages(const std::vector<ChosenImage>& images,
                  v1::ExpectedImages& expected) {
  for (const ChosenImage& image : images) {
    v1::ExpectedImage& one = *expected.add_images();
    one.set_repository(ServedRepository(image.reference));
    one.set_tag(image.reference.tag);
    *one.mutable_top() = image.top.content_descriptor();
    for (const ChosenManifest& chosen : image.manifests) {
      *one.add_manifests() = chosen.document.content_descriptor();
    }
  }
}

// Where there are no `files`, a registry serves the blobs.
v1::LayerContent ContentOf(const v1::MadeLayer& layer,
                           const WantedFiles* files) {
  v1::LayerContent content;
  content.set_digest(layer.layer().digest());
  for (const v1::MadeMember& member : layer.members()) {
    const absl::StatusOr<Digest> digest = Digest::Parse(member.digest());
    if (!digest.ok()) continue;
    const bool is_served = files != nullptr
                               ? files->contains(member.path())
                               : member.path() == BlobDataPath(*digest);
    if (is_served) content.add_served_digests(member.digest());
  }
  return content;
}

// An image that differs from `planned` in the base alone, and comes before it;
// null when there is none.
const v1::PlannedImage* WithSameContent(
    const std::vector<v1::PlannedImage>& images,
    const v1::PlannedImage& planned) {
  for (const v1::PlannedImage& image : images) {
    if (image.image() != planned.image() ||
        image.tag_suffix() != planned.tag_suffix()) {
      continue;
    }
    if (oci::FormatPlatform(image.platform()) ==
        oci::FormatPlatform(planned.platform())) {
      return nullptr;
    }
    if (std::equal(image.layer_task_ids().begin(), image.layer_task_ids().end(),
                   planned.layer_task_ids().begin(),
                   planned.layer_task_ids().end())) {
      return &image;
    }
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<v1::Task> MakeVerifyTask(const AssembleRequest& request,
                                        const v1::PlannedImage& planned,
                                        const std::vector<ChosenImage>& images,
                                        const ChosenManifest& base,
                                        const v1::Descriptor& manifest) {
  const TaskFactory factory(request.build_id, request.release);
  const std::string variant = Concat(planned.image(), planned.tag_suffix());
  const std::string platform = oci::FormatPlatform(planned.platform());
  v1::Task task = factory.New(
      Concat("verify/", variant, "/", PlatformSlug(planned.platform())),
      Concat("verify ", variant, " ", platform));
  *task.mutable_platform() = planned.platform();
  task.set_must_execute(true);
  v1::VerifyImage& work = *task.mutable_verify_image();
  work.set_image(planned.image());
  work.set_variant(variant);
  *work.mutable_manifest() = manifest;
  work.set_base(base.document.content_descriptor().digest());
  if (const v1::PlannedImage* same = WithSameContent(request.images, planned)) {
    *work.mutable_content_compared_on() = same->platform();
  }

  int64_t weight = 0;
  const bool is_files = planned.image() == kFilesImage;
  WantedFiles files = FilesOf(request.release);
  for (const std::string& task_id : planned.layer_task_ids()) {
    const auto made = request.layers.find(task_id);
    if (made == request.layers.end()) {
      return absl::InternalError(Concat("layer ", task_id, " is missing"));
    }
    weight += made->second.layer().size();
    AddLayer(made->second, files);
    *work.add_layers() = ContentOf(made->second, is_files ? &files : nullptr);
  }
  if (is_files) ExpectFiles(files, *work.mutable_files());
  task.set_weight(weight);
  if (!is_files) {
    ExpectImages(planned.tag_suffix() == kAllSuffix
                     ? ForAny(images)
                     : OnlyFor(images, planned.platform()),
                 *work.mutable_images());
  }
  return task;
}

}  // namespace kso::coordinator
