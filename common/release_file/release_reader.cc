// SPDX-License-Identifier: Apache-2.0
#include "common/release_file/release_reader.h"

#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/oci/destination.h"
#include "common/oci/platform.h"
#include "common/release/check_release.h"
#include "common/release_file/fields.h"
#include "common/release_file/merge_items.h"
#include "common/release_file/places.h"
#include "common/release_file/problems.h"
#include "common/release_file/sections.h"
#include "common/text/yaml_tree.h"

namespace kso::release_file {
namespace {

constexpr size_t kMostYamlBytes = 1 << 20;

void CheckConstant(const Fields& fields, absl::string_view key,
                   absl::string_view expected, Problems* problems) {
  const auto value =
      fields.RequiredString(key, absl::StrCat("write ", key, ": ", expected));
  if (value.has_value() && value->text != expected) {
    problems->Add(
        value->place, absl::StrCat("'", key, "' is '", value->text, "'"),
        absl::StrCat("this version of kso reads ", key, ": ", expected));
  }
}

void ReadName(const ReleaseInput& input, const Fields& fields,
              v1::Release* release) {
  const auto name = fields.RequiredString(
      "name", "it becomes the images' tag, such as v0.1.0-2.25.1");
  if (!name.has_value()) return;
  input.places->Set(release::Field::kName, name->place);
  release->set_name(name->text);
}

void ReadPlatforms(const ReleaseInput& input, const Fields& fields,
                   v1::Release* release) {
  const YamlNode* node = fields.Find("platforms");
  if (node == nullptr ||
      (node->kind == YamlNode::Kind::kSequence && node->items.empty())) {
    input.places->Set(release::Field::kPlatforms, fields.PlaceOf("platforms"));
  }
  for (const PlacedText& text : fields.Strings("platforms")) {
    const auto platform = oci::ParsePlatform(text.text);
    if (!platform.ok()) {
      input.problems->Add(text.place,
                          absl::StrCat("'", text.text, "' is not a platform"),
                          "write linux/amd64 or linux/arm64");
      continue;
    }
    input.places->Set(release::Field::kPlatforms, release->platforms_size(),
                      text.place);
    *release->add_platforms() = *platform;
  }
}

void ReadDestination(const ReleaseInput& input, const Fields& fields,
                     v1::Release* release) {
  const auto text = fields.RequiredString(
      "destination",
      "write docker://HOST/PATH, oci:DIRECTORY or oci-archive:FILE");
  const bool insecure = fields.Bool("destinationInsecure", false);
  release->set_no_latest(!fields.Bool("destinationLatest", true));
  release->set_cross_check(fields.Bool("crossCheck", false));
  if (!text.has_value()) return;
  const auto parsed = oci::ParseDestination(text->text);
  if (!parsed.ok()) {
    input.problems->Add(text->place, parsed.status().message());
    return;
  }
  input.places->Set(release::Field::kDestination, text->place);
  input.places->Set(release::Field::kDestinationInsecure,
                    fields.PlaceOf("destinationInsecure"));
  v1::Destination& destination = *release->mutable_destination();
  destination = *parsed;
  destination.set_insecure(insecure || parsed->insecure());
}

void ReadLayers(const ReleaseInput& input, const YamlNode& node,
                v1::Release* release) {
  const Fields fields(node, "layers", input.file, {"mediaType"},
                      input.problems);
  const auto type = fields.String("mediaType");
  if (!type.has_value()) return;
  input.places->Set(release::Field::kLayerMediaType, type->place);
  release->set_layer_media_type(type->text);
}

v1::Release ReadDocument(const ReleaseInput& input, const YamlNode& document) {
  v1::Release release;
  const Fields fields(document, "", input.file,
                      {"apiVersion", "kind", "name", "platforms", "files",
                       "images", "layers", "destination", "destinationInsecure",
                       "destinationLatest", "mirrors", "crossCheck"},
                      input.problems);
  if (document.kind != YamlNode::Kind::kMap) return release;
  CheckConstant(fields, "apiVersion", "kso/v1", input.problems);
  CheckConstant(fields, "kind", "Release", input.problems);
  ReadName(input, fields, &release);
  ReadPlatforms(input, fields, &release);
  ReadDestination(input, fields, &release);
  const YamlNode* files = fields.Find("files");
  const YamlNode* images = fields.Find("images");
  if (files == nullptr && images == nullptr) {
    input.places->Set(release::Field::kRelease, {input.file, document.line});
  }
  if (files != nullptr) ReadFilesSection(input, *files, &release);
  if (images != nullptr) ReadImagesSection(input, *images, &release);
  if (const YamlNode* layers = fields.Find("layers")) {
    ReadLayers(input, *layers, &release);
  }
  if (const YamlNode* mirrors = fields.Find("mirrors")) {
    ReadMirrors(input, *mirrors, &release);
  }
  return release;
}

bool IsItem(release::Field field) {
  return field == release::Field::kFiles ||
         field == release::Field::kFileDigest ||
         field == release::Field::kImages;
}

std::string ReasonOf(const ReleaseInput& input,
                     const release::Problem& problem) {
  std::string reason = problem.violation.reason;
  if (IsItem(problem.field) && problem.index >= 0) {
    reason = absl::StrCat("'", problem.item, "' ", reason);
  }
  const auto other = input.places->Find(problem.field, problem.other);
  if (problem.other >= 0 && other.has_value()) {
    absl::StrAppend(&reason, " (", other->ToString(), ")");
  }
  return reason;
}

// Reports problems that the rules of common/release find. A field without a
// place could not be read, which has been reported already; its problem is
// repeated only if nothing else was reported, so that no release passes here
// that the coordinator refuses.
void CheckRules(const ReleaseInput& input, const v1::Release& release) {
  for (const bool placed : {true, false}) {
    if (!placed && !input.problems->empty()) return;
    for (const release::Problem& problem : release::CheckRelease(release)) {
      const auto place = input.places->Find(problem.field, problem.index);
      if (place.has_value() != placed) continue;
      input.problems->Add(placed ? *place : Place{input.file, 0},
                          ReasonOf(input, problem), problem.violation.advice);
    }
  }
}

}  // namespace

absl::StatusOr<v1::Release> ReadRelease(const std::string& file,
                                        const ReleaseFiles& files) {
  Problems problems;
  Places places;
  const ReleaseInput input{file, &files, &problems, &places};
  const auto content = files.Read(file, kMostYamlBytes);
  if (!content.ok()) {
    problems.Add({input.file, 0}, content.status().message());
    return problems.ToStatus();
  }
  const auto parsed = ParseYaml(*content);
  if (const auto* error = std::get_if<YamlError>(&parsed)) {
    problems.Add({input.file, error->line}, error->what);
    return problems.ToStatus();
  }
  v1::Release release = ReadDocument(input, std::get<YamlNode>(parsed));
  CheckRules(input, release);
  if (!problems.empty()) return problems.ToStatus();
  MergeItems(release);
  return release;
}

}  // namespace kso::release_file
