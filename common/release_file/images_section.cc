// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/oci/reference.h"
#include "common/release/image_patterns.h"
#include "common/release_file/list_lines.h"
#include "common/release_file/sections.h"
#include "common/text/printable_text.h"

namespace kso::release_file {
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

// Patterns over images of the list, and which of them have matched.
class ImagePatterns {
 public:
  ImagePatterns(const ReleaseInput& input, const Fields& fields,
                absl::string_view key)
      : input_(input),
        key_(fields.PathOf(key)),
        patterns_(fields.Strings(key)),
        matched_(patterns_.size()) {}

  bool Match(const std::string& text) {
    const auto reference = oci::Reference::Parse(text);
    if (!reference.ok()) return false;
    bool found = false;
    for (size_t i = 0; i < patterns_.size(); ++i) {
      if (!release::MatchesImage(patterns_[i].text, *reference)) continue;
      matched_[i] = true;
      found = true;
    }
    return found;
  }

  // Reports patterns without an image: they have a typing error, or the list
  // has changed.
  void ReportUnmatched() const {
    for (size_t i = 0; i < patterns_.size(); ++i) {
      if (matched_[i]) continue;
      input_.problems->Add(
          patterns_[i].place,
          absl::StrCat("'", key_, "': '", patterns_[i].text,
                       "' matches no image of the list"),
          "drop it, or write HOST/PATH:TAG as the list has it, where * stands "
          "for any run of characters");
    }
  }

 private:
  const ReleaseInput& input_;
  const std::string key_;
  const std::vector<PlacedText> patterns_;
  std::vector<bool> matched_;
};

}  // namespace

void ReadImagesSection(const ReleaseInput& input, const YamlNode& node,
                       v1::Release* release) {
  const Fields fields(node, "images", input.file,
                      {"base", "list", "missingPlatform", "leaveOut",
                       "keepHost", "signatures", "wrongArchitecture"},
                      input.problems);
  if (node.kind != YamlNode::Kind::kMap) return;
  release->set_images_base(ReadBase(input, fields, release::Field::kImagesBase,
                                    "docker.io/library/registry:3"));
  if (const YamlNode* policy = fields.Find("missingPlatform")) {
    ReadPolicy(input, *policy, release->mutable_missing_platform());
  }
  release->set_warn_of_mislabelled_images(fields.Warns("wrongArchitecture"));
  if (const YamlNode* signatures = fields.Find("signatures")) {
    ReadSignaturesSection(input, *signatures, release);
  }
  const auto list =
      fields.RequiredString("list", "name the file with image references");
  if (!list.has_value()) return;
  ImagePatterns leave_out(input, fields, "leaveOut");
  ImagePatterns keep_host(input, fields, "keepHost");
  ReadList(input, *list,
           [&](absl::string_view line, const Place& place,
               absl::string_view location) {
             auto reference = ParseImageLine(line);
             if (!reference.ok()) {
               input.problems->Add(place, reference.status().message());
               return;
             }
             if (leave_out.Match(*reference)) {
               release->add_notes(PrintableText(
                   absl::StrCat(*reference, " (", location,
                                ") is left out, as images.leaveOut says")));
               return;
             }
             input.places->Set(release::Field::kImages, release->images_size(),
                               place);
             v1::ImageRequest& image = *release->add_images();
             image.set_keep_host(keep_host.Match(*reference));
             image.set_reference(*std::move(reference));
             image.set_location(std::string(location));
           });
  leave_out.ReportUnmatched();
  keep_host.ReportUnmatched();
}

}  // namespace kso::release_file
