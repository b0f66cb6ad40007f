// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/release/image_collector.h"
#include "cli/release/sections.h"

namespace kso::cli {
namespace {

// Patterns are compared with references, so they have a reference's letters.
bool IsPattern(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isalnum(c) &&
        !absl::StrContains("*-._/:@+", absl::string_view(&c, 1))) {
      return false;
    }
  }
  return true;
}

void ReadPolicy(const ReleaseInput& input, const YamlNode& node,
                v1::MissingPlatformPolicy* policy) {
  const Fields fields(node, "images.missingPlatform", input.file,
                      {"default", "allow"}, input.problems);
  if (const auto what = fields.String("default"); what.has_value()) {
    if (what->text != "fail" && what->text != "allow") {
      input.problems->Add(what->place,
                          absl::StrCat("'images.missingPlatform.default' is '",
                                       what->text, "'"),
                          "write fail or allow");
    }
    policy->set_allow_by_default(what->text == "allow");
  }
  for (const PlacedText& pattern : fields.Strings("allow")) {
    if (!IsPattern(pattern.text)) {
      input.problems->Add(
          pattern.place,
          absl::StrCat("'", pattern.text, "' cannot match an image reference"),
          "write HOST/PATH, where * stands for any run of characters");
      continue;
    }
    policy->add_allow(pattern.text);
  }
}

}  // namespace

void ReadImagesSection(const ReleaseInput& input, const YamlNode& node,
                       v1::Release* release) {
  const Fields fields(node, "images", input.file,
                      {"base", "list", "missingPlatform"}, input.problems);
  if (node.kind != YamlNode::Kind::kMap) return;
  release->set_images_base(
      ReadBase(input, fields, "docker.io/library/registry:3"));
  if (const YamlNode* policy = fields.Find("missingPlatform")) {
    ReadPolicy(input, *policy, release->mutable_missing_platform());
  }
  const auto list =
      fields.RequiredString("list", "name the file with image references");
  if (!list.has_value()) return;
  ImageCollector collector(input.problems);
  ReadList(input, *list,
           [&](absl::string_view line, const Place& place,
               absl::string_view location) {
             collector.AddLine(line, place, location);
           });
  for (v1::ImageRequest& image : collector.Finish()) {
    *release->add_images() = std::move(image);
  }
}

}  // namespace kso::cli
