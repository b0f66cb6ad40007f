// SPDX-License-Identifier: Apache-2.0
#include "cli/release/release_reader.h"

#include <set>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/release/fields.h"
#include "cli/release/mirrors.h"
#include "cli/release/problems.h"
#include "cli/release/sections.h"
#include "cli/release/text_file.h"
#include "cli/release/yaml_tree.h"
#include "common/base/strings.h"
#include "common/layer/formats.h"
#include "common/oci/destination.h"
#include "common/oci/manifest.h"

namespace kso::cli {
namespace {

constexpr size_t kMostYamlBytes = 1 << 20;
// Becomes a tag of at most 128 characters, with "-all" after it.
constexpr size_t kLongestName = 123;

bool IsReleaseName(absl::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  if (name[0] == '.' || name[0] == '-') return false;
  for (const char c : name) {
    if (!absl::ascii_isalnum(c) &&
        !absl::StrContains("_.-", absl::string_view(&c, 1)))
      return false;
  }
  return true;
}

void CheckConstant(const Fields& fields, absl::string_view key,
                   absl::string_view expected, Problems* problems) {
  const auto value =
      fields.RequiredString(key, absl::StrCat("write ", key, ": ", expected));
  if (value.has_value() && value->text != expected) {
    problems->Add(value->place,
                  absl::StrCat("'", key, "' is '", value->text, "'"),
                  absl::StrCat("this ksoctl reads ", key, ": ", expected));
  }
}

void ReadName(const Fields& fields, Problems* problems, v1::Release* release) {
  const auto name = fields.RequiredString(
      "name", "it becomes the images' tag, such as v0.1.0-2.25.1");
  if (!name.has_value()) return;
  if (!IsReleaseName(name->text)) {
    problems->Add(name->place,
                  absl::StrCat("'", name->text, "' cannot become a tag"),
                  "use at most 123 letters, digits, '.', '_' and '-', and "
                  "begin with a letter or digit");
    return;
  }
  if (name->text == "latest" || name->text == "latest-all") {
    problems->Add(
        name->place,
        absl::StrCat("'", name->text, "' is the tag of the newest release"),
        "give this one a name of its own, such as v0.1.0-2.25.1");
    return;
  }
  release->set_name(name->text);
}

void ReadPlatforms(const Fields& fields, Problems* problems,
                   v1::Release* release) {
  const std::vector<PlacedText> texts = fields.Strings("platforms");
  std::set<std::string> seen;
  for (const PlacedText& text : texts) {
    const auto platform = oci::ParsePlatform(text.text);
    if (!platform.ok() || platform->os() != "linux") {
      problems->Add(text.place,
                    absl::StrCat("'", text.text,
                                 "' is not a platform that "
                                 "images can be built for"),
                    "write linux/amd64 or linux/arm64");
    } else if (!seen.insert(oci::FormatPlatform(*platform)).second) {
      problems->Add(text.place, absl::StrCat("'", text.text, "' is here twice"),
                    "keep one of them");
    } else {
      *release->add_platforms() = *platform;
    }
  }
  const YamlNode* node = fields.Find("platforms");
  if (node == nullptr ||
      (node->kind == YamlNode::Kind::kSequence && node->items.empty())) {
    problems->Add(fields.PlaceOf("platforms"), "there are no platforms",
                  "write platforms: [linux/amd64, linux/arm64]");
  }
}

void ReadDestination(const ReleaseInput& input, const Fields& fields,
                     v1::Release* release) {
  const auto text = fields.RequiredString(
      "destination",
      "write docker://HOST/PATH, oci:DIRECTORY or oci-archive:FILE");
  const bool insecure = fields.Bool("destinationInsecure", false);
  if (!text.has_value()) return;
  const auto destination = oci::ParseDestination(text->text);
  if (!destination.ok()) {
    input.problems->Add(text->place, destination.status().message());
    return;
  }
  *release->mutable_destination() = *destination;
  if (destination->kind() == v1::Destination::REGISTRY) {
    release->mutable_destination()->set_insecure(insecure ||
                                                 destination->insecure());
    return;
  }
  if (insecure) {
    input.problems->Add(fields.PlaceOf("destinationInsecure"),
                        "'destinationInsecure' is for registries", "drop it");
  }
  // The coordinator keeps it for a later `ksoctl export` from any directory.
  std::error_code error;
  const auto absolute =
      std::filesystem::absolute(input.Resolve(destination->location()), error);
  if (!error) {
    release->mutable_destination()->set_location(
        absolute.lexically_normal().string());
  }
}

void ReadLayers(const ReleaseInput& input, const YamlNode& node,
                v1::Release* release) {
  const Fields fields(node, "layers", input.file, {"mediaType"},
                      input.problems);
  const auto type = fields.String("mediaType");
  if (!type.has_value()) return;
  if (!IsLayerType(type->text)) {
    input.problems->Add(type->place,
                        absl::StrCat("'", type->text,
                                     "' is not a layer type that the farm "
                                     "makes"),
                        Concat("write ", LayerTypes()));
    return;
  }
  release->set_layer_media_type(type->text);
}

v1::Release ReadDocument(const ReleaseInput& input, const YamlNode& document) {
  v1::Release release;
  const Fields fields(
      document, "", input.file,
      {"apiVersion", "kind", "name", "platforms", "files", "images", "layers",
       "destination", "destinationInsecure", "mirrors"},
      input.problems);
  if (document.kind != YamlNode::Kind::kMap) return release;
  CheckConstant(fields, "apiVersion", "kso/v1", input.problems);
  CheckConstant(fields, "kind", "Release", input.problems);
  ReadName(fields, input.problems, &release);
  ReadPlatforms(fields, input.problems, &release);
  ReadDestination(input, fields, &release);
  const YamlNode* files = fields.Find("files");
  const YamlNode* images = fields.Find("images");
  if (files == nullptr && images == nullptr) {
    input.problems->Add({input.file, document.line},
                        "the release has neither files nor images",
                        "add a section 'files', 'images', or both");
  }
  if (files != nullptr) ReadFilesSection(input, *files, &release);
  if (images != nullptr) ReadImagesSection(input, *images, &release);
  if (const YamlNode* layers = fields.Find("layers")) {
    ReadLayers(input, *layers, &release);
  }
  if (const YamlNode* mirrors = fields.Find("mirrors")) {
    for (v1::Mirror& mirror :
         ReadMirrors(*mirrors, input.file, input.problems)) {
      *release.add_mirrors() = std::move(mirror);
    }
  }
  return release;
}

}  // namespace

absl::StatusOr<v1::Release> ReadRelease(const std::filesystem::path& file) {
  Problems problems;
  const ReleaseInput input{file.string(), &problems};
  const auto content = ReadTextFile(file, kMostYamlBytes);
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
  if (!problems.empty()) return problems.ToStatus();
  return release;
}

}  // namespace kso::cli
