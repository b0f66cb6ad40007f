// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/resolve_tasks.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "common/release/check_content.h"
#include "coordinator/core/base/layer_key.h"
#include "coordinator/core/base/task_factory.h"
#include "coordinator/core/plan/upstream_signatures.h"

namespace kso::coordinator {
namespace {

void AddFiles(const TaskFactory& factory, std::vector<v1::Task>& tasks) {
  std::set<std::string> seen;
  for (const v1::FileRequest& request : factory.release().files()) {
    if (!seen.insert(request.url()).second) continue;
    v1::Task task =
        factory.New(NumberedId("resolve/file", seen.size() - 1), "");
    v1::ResolveFile& work = *task.mutable_resolve_file();
    work.set_url(request.url());
    // Its host tells what a file is that need not be what is stated.
    if (release::FindWaiver(factory.release(), request.url()) == nullptr) {
      work.set_digest(request.digest());
    }
    work.set_location(request.location());
    task.set_name(ResolveNameOf(task));
    tasks.push_back(std::move(task));
  }
}

struct WantedImage {
  std::string location;
  bool is_listed = false;
  bool is_base = false;
};

void AddImages(const TaskFactory& factory, const Memo* memo,
               std::vector<v1::Task>& tasks) {
  const v1::Release& release = factory.release();
  std::map<std::string, WantedImage> wanted;
  for (const v1::ImageRequest& request : release.images()) {
    wanted.try_emplace(request.reference(),
                       WantedImage{request.location(), /*is_listed=*/true});
  }
  for (const std::string& base :
       {release.files_base(), release.images_base()}) {
    if (!base.empty()) wanted[base].is_base = true;
  }
  size_t number = 0;
  for (const auto& [reference, image] : wanted) {
    v1::Task task = factory.New(NumberedId("resolve/image", number++), "");
    v1::ResolveImage& work = *task.mutable_resolve_image();
    work.set_reference(reference);
    work.set_location(image.location);
    *work.mutable_platforms() = release.platforms();
    work.set_want_configs(image.is_base);
    work.set_want_signatures(image.is_listed && WantsSignatures(release));
    // A base is run, and so is what it says.
    work.set_take_mislabelled(!image.is_base &&
                              release.warn_of_mislabelled_images());
    task.set_name(ResolveNameOf(task));
    const v1::ResolvedImage* known =
        memo == nullptr ? nullptr : memo->FindImage(ImageKey(task));
    // An image may be signed long after it was pushed: then it is asked for
    // anew.
    if (known != nullptr && !work.want_signatures()) {
      work.set_known_digest(known->top().content_descriptor().digest());
    }
    tasks.push_back(std::move(task));
  }
}

}  // namespace

std::vector<v1::Task> ResolveTasks(std::string_view build_id,
                                   const v1::Release& release,
                                   const Memo* memo) {
  const TaskFactory factory(build_id, release);
  std::vector<v1::Task> tasks;
  AddFiles(factory, tasks);
  AddImages(factory, memo, tasks);
  return tasks;
}

}  // namespace kso::coordinator
