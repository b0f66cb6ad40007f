// SPDX-License-Identifier: Apache-2.0
#include "common/release/check_images.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "common/base/strings.h"
#include "common/oci/reference.h"
#include "common/release/image_patterns.h"
#include "common/site.h"

namespace kso::release {
namespace {

constexpr std::string_view kIsNone = "is not an image reference";

void CheckPatterns(const v1::Release& release, std::vector<Problem>& problems) {
  for (int i = 0; i < release.missing_platform().allow_size(); ++i) {
    const std::string& pattern = release.missing_platform().allow(i);
    if (IsImagePattern(pattern)) continue;
    problems.push_back(
        {Field::kMissingPlatform,
         i,
         "images.missingPlatform.allow",
         {Concat("'", pattern, "' cannot match an image reference"),
          "write HOST/PATH, where * stands for any run of characters"}});
  }
}

}  // namespace

std::optional<Violation> CheckReference(std::string_view text) {
  if (absl::StrContains(ToAbsl(text), "://")) {
    return Violation{Concat(kIsNone, ": it has a scheme"),
                     "write HOST/PATH:TAG alone"};
  }
  const auto reference = oci::Reference::Parse(text);
  if (reference.ok()) return std::nullopt;
  // The status names the text first, which a message does anyway.
  const std::string message(reference.status().message());
  const size_t reason = message.find(kIsNone);
  return Violation{reason == std::string::npos ? Concat(kIsNone, ": ", message)
                                               : message.substr(reason),
                   "write HOST/PATH:TAG, as in registry.k8s.io/pause:3.9"};
}

void CheckImages(const v1::Release& release, std::vector<Problem>& problems) {
  // The first image of a name, by "k8s/<path>:<tag>", which is without the
  // host.
  std::map<std::string, std::pair<std::string, int>> served;
  for (int i = 0; i < release.images_size(); ++i) {
    const std::string& text = release.images(i).reference();
    if (std::optional<Violation> bad = CheckReference(text)) {
      problems.push_back({Field::kImages, i, text, *std::move(bad)});
      continue;
    }
    const oci::Reference reference = *oci::Reference::Parse(text);
    if (reference.tag.empty()) continue;
    const std::string name =
        Concat(site::kPrefix, reference.path, ":", reference.tag);
    const auto [first, is_new] =
        served.try_emplace(name, reference.ToString(), i);
    if (is_new || first->second.first == reference.ToString()) continue;
    problems.push_back(
        {Field::kImages,
         i,
         text,
         {Concat("would be ", name, " in the finished registry, and so would '",
                 first->second.first, "'"),
          "keep one of the two, name one by digest only, or put them in "
          "releases of their own"},
         first->second.second});
  }
  CheckPatterns(release, problems);
}

}  // namespace kso::release
