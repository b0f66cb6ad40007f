// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/release/file_collector.h"
#include "cli/release/sections.h"

namespace kso::cli {
namespace {

// One list for each architecture of the platforms, and none beside them.
void CheckArchitectures(const ReleaseInput& input, const Fields& fields,
                        const YamlNode& lists, const v1::Release& release) {
  std::set<std::string> wanted;
  for (const v1::Platform& platform : release.platforms()) {
    wanted.insert(platform.architecture());
  }
  // Without platforms there is a report about those already.
  if (wanted.empty()) return;
  std::set<std::string> listed;
  for (const auto& [key, value] : lists.fields) {
    const Place place{input.file, key.line};
    if (!listed.insert(key.scalar).second) {
      input.problems->Add(
          place, absl::StrCat("'files.lists.", key.scalar, "' is here twice"),
          "keep one of them");
    } else if (wanted.count(key.scalar) == 0) {
      input.problems->Add(
          place,
          absl::StrCat("there is a list for '", key.scalar,
                       "', which is not among the platforms"),
          absl::StrCat("the architectures are ", absl::StrJoin(wanted, ", ")));
    }
  }
  for (const std::string& architecture : wanted) {
    if (listed.count(architecture) > 0) continue;
    input.problems->Add(
        fields.PlaceOf("lists"),
        absl::StrCat("there is no list for '", architecture, "'"),
        absl::StrCat("add ", architecture, ": FILE, or drop the platform"));
  }
}

}  // namespace

void ReadFilesSection(const ReleaseInput& input, const YamlNode& node,
                      v1::Release* release) {
  const Fields fields(node, "files", input.file, {"base", "lists", "checksums"},
                      input.problems);
  if (node.kind != YamlNode::Kind::kMap) return;
  release->set_files_base(
      ReadBase(input, fields, "docker.io/library/nginx:1.25.2-alpine"));

  const YamlNode* lists = fields.Find("lists");
  if (lists == nullptr || lists->kind != YamlNode::Kind::kMap) {
    input.problems->Add(fields.PlaceOf("lists"),
                        "'files.lists' should name a list of URLs for each "
                        "architecture",
                        "write lists: {amd64: FILE, arm64: FILE}");
    return;
  }
  CheckArchitectures(input, fields, *lists, *release);
  FileCollector collector(input.problems);
  for (const auto& [key, value] : lists->fields) {
    const std::string& architecture = key.scalar;
    if (value.kind != YamlNode::Kind::kScalar || value.scalar.empty()) {
      input.problems->Add(
          {input.file, value.line},
          absl::StrCat("'files.lists.", architecture, "' should name a file"));
      continue;
    }
    ReadList(input, {value.scalar, {input.file, value.line}},
             [&](absl::string_view line, const Place& place,
                 absl::string_view location) {
               collector.AddListLine(line, place, location, architecture);
             });
  }
  collector.CheckDirectories();
  for (const PlacedText& name : fields.Strings("checksums")) {
    ReadList(
        input, name,
        [&](absl::string_view line, const Place& place, absl::string_view) {
          collector.AddChecksumLine(line, place);
        });
  }
  for (v1::FileRequest& file : collector.Finish()) {
    *release->add_files() = std::move(file);
  }
}

}  // namespace kso::cli
