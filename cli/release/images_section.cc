// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/release/list_lines.h"
#include "cli/release/sections.h"

namespace kso::cli {
namespace {

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
    input.places->Set(release::Field::kMissingPlatform, policy->allow_size(),
                      pattern.place);
    policy->add_allow(pattern.text);
  }
}

}  // namespace

void ReadImagesSection(const ReleaseInput& input, const YamlNode& node,
                       v1::Release* release) {
  const Fields fields(node, "images", input.file,
                      {"base", "list", "missingPlatform"}, input.problems);
  if (node.kind != YamlNode::Kind::kMap) return;
  release->set_images_base(ReadBase(input, fields, release::Field::kImagesBase,
                                    "docker.io/library/registry:3"));
  if (const YamlNode* policy = fields.Find("missingPlatform")) {
    ReadPolicy(input, *policy, release->mutable_missing_platform());
  }
  const auto list =
      fields.RequiredString("list", "name the file with image references");
  if (!list.has_value()) return;
  ReadList(input, *list,
           [&](absl::string_view line, const Place& place,
               absl::string_view location) {
             auto reference = ParseImageLine(line);
             if (!reference.ok()) {
               input.problems->Add(place, reference.status().message());
               return;
             }
             input.places->Set(release::Field::kImages, release->images_size(),
                               place);
             v1::ImageRequest& image = *release->add_images();
             image.set_reference(*std::move(reference));
             image.set_location(std::string(location));
           });
}

}  // namespace kso::cli
