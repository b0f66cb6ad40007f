// SPDX-License-Identifier: Apache-2.0
#include "common/diff/contents.h"

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/oci/destination.h"
#include "common/oci/platform.h"

namespace kso::diff {
namespace {

bool IsFile(const std::string& name) {
  return absl::StartsWith(name, "https://") ||
         absl::StartsWith(name, "http://");
}

void Add(Item item, Contents& contents) {
  (IsFile(item.name) ? contents.files : contents.images)
      .push_back(std::move(item));
}

}  // namespace

Contents ContentsOf(const v1::Release& release) {
  Contents contents;
  contents.title = release.name();
  for (const v1::FileRequest& file : release.files()) {
    contents.files.push_back({file.url(), file.digest(), -1});
  }
  for (const v1::ImageRequest& image : release.images()) {
    contents.images.push_back({image.reference(), "", -1});
  }
  contents.settings = {
      {"platforms",
       absl::StrJoin(release.platforms(), ", ",
                     [](std::string* out, const v1::Platform& platform) {
                       out->append(oci::FormatPlatform(platform));
                     })},
      {"files.base", release.files_base()},
      {"images.base", release.images_base()},
      {"layers.mediaType", release.layer_media_type()},
      {"images.missingPlatform.allow",
       release.missing_platform().allow_by_default()
           ? "all"
           : absl::StrJoin(release.missing_platform().allow(), ", ")},
      {"destination", oci::FormatDestination(release.destination())}};
  return contents;
}

Contents ContentsOf(const v1::Build& build) {
  Contents contents;
  contents.title =
      absl::StrCat(build.name(), " (build ", build.build_id(), ")");
  std::map<std::string, const v1::ItemVerdict*> verdicts;
  for (const v1::ItemVerdict& verdict : build.verdicts()) {
    verdicts[verdict.name()] = &verdict;
  }
  for (const v1::PlannedItem& planned : build.plan().items()) {
    Item item{planned.name(), "", planned.size()};
    if (const auto verdict = verdicts.find(planned.name());
        verdict != verdicts.end()) {
      item.digest = verdict->second->digest();
      item.size = verdict->second->size();
    }
    Add(std::move(item), contents);
  }
  contents.settings = {
      {"destination", oci::FormatDestination(build.destination())}};
  return contents;
}

Contents ContentsOf(
    std::string title,
    const google::protobuf::RepeatedPtrField<v1::ItemVerdict>& items) {
  Contents contents;
  contents.title = std::move(title);
  for (const v1::ItemVerdict& item : items) {
    Add({item.name(), item.digest(), item.size()}, contents);
  }
  return contents;
}

}  // namespace kso::diff
