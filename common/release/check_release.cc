// SPDX-License-Identifier: Apache-2.0
#include "common/release/check_release.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/base/strings.h"
#include "common/layer/formats.h"
#include "common/oci/destination.h"
#include "common/oci/platform.h"
#include "common/oci/reference.h"
#include "common/release/check_content.h"
#include "common/release/check_files.h"
#include "common/release/check_images.h"
#include "common/release/check_mirrors.h"
#include "common/release/check_signatures.h"
#include "common/site.h"
#include "common/text/text.h"

namespace kso::release {
namespace {

using Problems = std::vector<Problem>;

// A release's name becomes a tag, also with site::kAllSuffix after it.
constexpr size_t kLongestName = 123;
// OCI distribution specification, "Pulling manifests".
constexpr size_t kLongestTag = 128;
static_assert(kLongestName + site::kAllSuffix.size() <= kLongestTag);

void CheckName(const v1::Release& release, Problems& problems) {
  const std::string& name = release.name();
  if (!oci::IsValidTag(name) || name.size() > kLongestName) {
    problems.push_back(
        {Field::kName,
         -1,
         "name",
         {Concat("'", name, "' cannot become a tag"),
          Concat("use 1 to ", kLongestName,
                 " letters, digits, '.', '_' and '-', and begin with a letter, "
                 "a digit or '_'")}});
  } else if (name == site::kLatestTag ||
             name == Concat(site::kLatestTag, site::kAllSuffix)) {
    problems.push_back(
        {Field::kName,
         -1,
         "name",
         {Concat("'", name, "' is the tag of the newest release"),
          "give this one a name of its own, such as "
          "v0.1.0-2.25.1"}});
  }
}

void CheckPlatforms(const v1::Release& release, Problems& problems) {
  if (release.platforms_size() == 0) {
    problems.push_back({Field::kPlatforms,
                        -1,
                        "platforms",
                        {"there are no platforms",
                         "write platforms: [linux/amd64, linux/arm64]"}});
  }
  std::map<std::string, int> seen;
  for (int i = 0; i < release.platforms_size(); ++i) {
    const v1::Platform& platform = release.platforms(i);
    const std::string name = oci::FormatPlatform(platform);
    if (!oci::IsValidPlatform(platform) || platform.os() != "linux") {
      problems.push_back(
          {Field::kPlatforms,
           i,
           "platforms",
           {Concat("'", name,
                   "' is not a platform that images can be built for"),
            "write linux/ARCHITECTURE, such as linux/amd64 or linux/arm64"}});
      continue;
    }
    const auto [first, is_new] = seen.try_emplace(name, i);
    if (is_new) continue;
    problems.push_back(
        {Field::kPlatforms,
         i,
         "platforms",
         {Concat("'", name, "' is here twice"), "keep one of them"},
         first->second});
  }
}

void CheckDestination(const v1::Release& release, Problems& problems) {
  const v1::Destination& destination = release.destination();
  const auto parsed =
      oci::ParseDestination(oci::FormatDestination(destination));
  if (!parsed.ok()) {
    problems.push_back(
        {Field::kDestination,
         -1,
         "destination",
         {std::string(parsed.status().message()),
          "write docker://HOST/PATH, oci:DIRECTORY or oci-archive:FILE"}});
  } else if (destination.insecure() &&
             destination.kind() != v1::Destination::REGISTRY) {
    problems.push_back(
        {Field::kDestinationInsecure,
         -1,
         "destinationInsecure",
         {"'destinationInsecure' is for registries", "drop it"}});
  }
}

void CheckLayerMediaType(const v1::Release& release, Problems& problems) {
  const std::string& type = release.layer_media_type();
  if (type.empty() || IsLayerType(type)) return;
  problems.push_back(
      {Field::kLayerMediaType,
       -1,
       "layers.mediaType",
       {Concat("'", type, "' is not a layer type that the farm makes"),
        Concat("leave it out, or write ", LayerTypes())}});
}

// Returns whether the release is small enough to be looked at more closely.
bool IsBounded(const v1::Release& release, Problems& problems) {
  const size_t bytes = release.ByteSizeLong();
  if (bytes > kLargestRelease) {
    problems.push_back(
        {Field::kRelease,
         -1,
         "release",
         {Concat("the release with its lists has ",
                 FormatBytes(static_cast<int64_t>(bytes)),
                 ", over the limit of ",
                 FormatBytes(static_cast<int64_t>(kLargestRelease))),
          "divide its lists among several releases"}});
    return false;
  }
  size_t mirrors = 0;
  for (const v1::Mirror& mirror : release.mirrors()) {
    mirrors += mirror.ByteSizeLong();
  }
  const size_t items = release.files_size() + release.images_size();
  if (mirrors * items <= kMostMirrorBytes) return true;
  problems.push_back(
      {Field::kRelease,
       -1,
       "mirrors",
       {Concat("they have ", FormatBytes(static_cast<int64_t>(mirrors)),
               ", which is too much for ", items, " files and images"),
        "name fewer mirrors: one for a prefix that many items share"}});
  return false;
}

// A section has a base and items, or neither.
struct Section {
  const char* name;
  Field items_field;
  bool has_items;
  Field base_field;
  const std::string& base;
};

void CheckSection(const Section& section, Problems& problems) {
  if (section.base.empty() && !section.has_items) return;
  const std::string base_key = Concat(section.name, ".base");
  if (section.base.empty()) {
    problems.push_back(
        {section.base_field,
         -1,
         base_key,
         {Concat("'", base_key, "' is missing"),
          Concat("name the image that the ", section.name, " are put on")}});
  } else if (std::optional<Violation> bad = CheckReference(section.base)) {
    bad->reason =
        Concat("'", ReferenceInWords(section.base), "' ", bad->reason);
    problems.push_back({section.base_field, -1, base_key, *std::move(bad)});
  }
  if (!section.has_items) {
    problems.push_back(
        {section.items_field,
         -1,
         section.name,
         {"the lists are empty",
          Concat("leave the section out to build without ", section.name)}});
  }
}

}  // namespace

std::vector<Problem> CheckRelease(const v1::Release& release) {
  Problems problems;
  if (!IsBounded(release, problems)) return problems;
  CheckName(release, problems);
  CheckPlatforms(release, problems);
  const Section files = {"files", Field::kFiles, release.files_size() > 0,
                         Field::kFilesBase, release.files_base()};
  const Section images = {"images", Field::kImages, release.images_size() > 0,
                          Field::kImagesBase, release.images_base()};
  if (!files.has_items && files.base.empty() && !images.has_items &&
      images.base.empty()) {
    problems.push_back({Field::kRelease,
                        -1,
                        "release",
                        {"the release has neither files nor images",
                         "add a section 'files', 'images', or both"}});
  }
  CheckSection(files, problems);
  CheckSection(images, problems);
  CheckFiles(release, problems);
  CheckContentRules(release, problems);
  CheckImages(release, problems);
  CheckSignatureRules(release, problems);
  CheckDestination(release, problems);
  CheckMirrors(release, problems);
  CheckLayerMediaType(release, problems);
  return problems;
}

}  // namespace kso::release
