// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>

#include "common/base/strings.h"
#include "common/layer/formats.h"
#include "common/oci/destination.h"
#include "common/oci/platform.h"
#include "common/oci/reference.h"
#include "coordinator/core/base/permanent_failure.h"
#include "coordinator/core/plan/check_files.h"
#include "coordinator/core/plan/check_images.h"
#include "coordinator/core/plan/planner.h"

namespace kso::coordinator {
namespace {

using Failures = std::vector<v1::Failure>;

// A tag, and short enough for a suffix ("-all").
constexpr size_t kLongestName = 123;

void CheckName(const v1::Release& release, Failures& failures) {
  const std::string& name = release.name();
  if (!oci::IsValidTag(name) || name.size() > kLongestName) {
    failures.push_back(PermanentFailure(
        "name", Concat("\"", name, "\" cannot be a tag"),
        "take 1 to 123 letters, digits, '.', '_' and '-', and begin with a "
        "letter, a digit or '_'"));
  } else if (name == "latest" || name == "latest-all") {
    failures.push_back(PermanentFailure(
        "name", Concat("\"", name, "\" is the tag of the newest release"),
        "give the release a name of its own, such as v0.1.0-2.25.1"));
  }
}

void CheckPlatforms(const v1::Release& release, Failures& failures) {
  if (release.platforms_size() == 0) {
    failures.push_back(PermanentFailure(
        "platforms", "there is none",
        "name at least one, as in platforms: [linux/amd64, linux/arm64]"));
  }
  std::set<std::string> seen;
  for (const v1::Platform& platform : release.platforms()) {
    const std::string name = oci::FormatPlatform(platform);
    if (!oci::IsValidPlatform(platform) || platform.os() != "linux" ||
        platform.architecture().empty()) {
      failures.push_back(PermanentFailure(
          "platforms", Concat("\"", name, "\" is not a platform of Linux"),
          "write it as linux/ARCHITECTURE, as in linux/arm64"));
    } else if (!seen.insert(name).second) {
      failures.push_back(PermanentFailure("platforms",
                                          Concat(name, " is there twice"),
                                          "name each platform once"));
    }
  }
}

void CheckDestination(const v1::Release& release, Failures& failures) {
  const absl::StatusOr<v1::Destination> destination =
      oci::ParseDestination(oci::FormatDestination(release.destination()));
  if (!destination.ok()) {
    failures.push_back(PermanentFailure(
        "destination", ToStd(destination.status().message()),
        "write docker://HOST/PATH, oci:DIRECTORY or oci-archive:FILE"));
  }
}

void CheckMirrors(const v1::Release& release, Failures& failures) {
  for (const v1::Mirror& mirror : release.mirrors()) {
    if (!mirror.prefix().empty() && !mirror.location().empty()) continue;
    failures.push_back(PermanentFailure(
        "mirrors",
        Concat("a mirror has no ",
               mirror.prefix().empty() ? "prefix" : "location"),
        "give both, as in {prefix: \"https://dl.k8s.io/\", location: "
        "\"http://mirror.example.com/dl.k8s.io/\"}"));
  }
}

void CheckLayerMediaType(const v1::Release& release, Failures& failures) {
  const std::string& media_type = release.layer_media_type();
  if (media_type.empty() || IsLayerType(media_type)) return;
  failures.push_back(PermanentFailure(
      "layerMediaType", Concat("layers are not made as \"", media_type, "\""),
      Concat("leave it out, or take ", LayerTypes())));
}

// `section` is "files" or "images".
void CheckSection(std::string_view section, const std::string& base,
                  bool has_items, Failures& failures) {
  if (base.empty() && !has_items) return;
  if (base.empty()) {
    failures.push_back(PermanentFailure(
        Concat(section, ".base"), "there is none",
        Concat("name the image that the ", section, " are put on")));
  } else if (!oci::Reference::Parse(base).ok()) {
    failures.push_back(
        PermanentFailure(Concat(section, ".base"),
                         ToStd(oci::Reference::Parse(base).status().message()),
                         "write it as HOST/PATH:TAG"));
  }
  if (!has_items) {
    failures.push_back(PermanentFailure(
        section, "the lists are empty",
        Concat("leave the section out to build without ", section)));
  }
}

}  // namespace

std::vector<v1::Failure> CheckRelease(const v1::Release& release) {
  Failures failures;
  CheckName(release, failures);
  CheckPlatforms(release, failures);
  const bool has_files = release.files_size() > 0;
  const bool has_images = release.images_size() > 0;
  if (!has_files && !has_images && release.files_base().empty() &&
      release.images_base().empty()) {
    failures.push_back(
        PermanentFailure("release", "there are neither files nor images",
                         "add the section files or the section images"));
  }
  CheckSection("files", release.files_base(), has_files, failures);
  CheckSection("images", release.images_base(), has_images, failures);
  CheckFiles(release, failures);
  CheckImages(release, failures);
  CheckDestination(release, failures);
  CheckMirrors(release, failures);
  CheckLayerMediaType(release, failures);
  return failures;
}

}  // namespace kso::coordinator
