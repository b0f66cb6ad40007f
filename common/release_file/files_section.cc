// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/http/url.h"
#include "common/release/image_patterns.h"
#include "common/release/named_architecture.h"
#include "common/release_file/list_lines.h"
#include "common/release_file/listed_urls.h"
#include "common/release_file/sections.h"
#include "common/text/printable_text.h"

namespace kso::release_file {
namespace {

// Reports architectures of the platforms without a list, and lists of other
// architectures.
void CheckArchitectures(const ReleaseInput& input, const Fields& fields,
                        const YamlNode& lists, const v1::Release& release) {
  std::set<std::string> wanted;
  for (const v1::Platform& platform : release.platforms()) {
    wanted.insert(platform.architecture());
  }
  // Missing platforms have been reported.
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

// Adds a line of a list, or of a checksum file, to the files of a release.
void AddFile(const ReleaseInput& input, const FileLine& line,
             const Place& place, absl::string_view location,
             absl::string_view architecture, v1::Release* release) {
  const int index = release->files_size();
  v1::FileRequest& file = *release->add_files();
  file.set_url(line.url);
  file.set_digest(line.digest);
  file.set_location(std::string(location));
  if (!architecture.empty()) file.add_architectures(std::string(architecture));
  input.places->Set(release::Field::kFiles, index, place);
  input.places->Set(release::Field::kFileDigest, index, place);
}

// Finds URLs that speak of another architecture than their list, which
// Kubespray's generator writes where it takes a word from the machine that it
// runs on. They are noted, unless `files.otherArchitecture` says that they are
// meant. Its patterns also stand for files whose programs, whatever their URLs
// say, are of another architecture, so it goes into the release.
class ArchitectureCheck {
 public:
  ArchitectureCheck(const ReleaseInput& input, const Fields& fields)
      : input_(input),
        meant_(fields.Strings("otherArchitecture")),
        matched_(meant_.size()) {}

  void Check(const std::string& url, absl::string_view location,
             const std::string& architecture) {
    bool is_meant = false;
    for (size_t i = 0; i < meant_.size(); ++i) {
      if (!release::MatchesGlob(meant_[i].text, url)) continue;
      matched_[i] = true;
      is_meant = true;
    }
    const auto named = release::NamedArchitectures(url);
    if (is_meant || named.empty() || named.contains(architecture)) return;
    notes_.push_back(absl::StrCat(
        location, ": ", http::DisplayUrl(url), " says ", named.begin()->second,
        ", in the list of ", architecture,
        "; correct it, or say files.otherArchitecture where it is meant"));
  }

  void Report(v1::Release* release) const {
    for (size_t i = 0; i < meant_.size(); ++i) {
      input_.places->Set(release::Field::kOtherArchitecture,
                         static_cast<int>(i), meant_[i].place);
      release->add_other_architecture(meant_[i].text);
      if (matched_[i]) continue;
      input_.problems->Add(
          meant_[i].place,
          absl::StrCat("'files.otherArchitecture': '", meant_[i].text,
                       "' matches no URL of the lists"),
          "drop it, or write the URL, where * stands for any run of "
          "characters");
    }
    AddNotes(notes_, "lines say another architecture than their list", release);
  }

 private:
  const ReleaseInput& input_;
  const std::vector<PlacedText> meant_;
  std::vector<bool> matched_;
  std::vector<std::string> notes_;
};

void ReadFileList(const ReleaseInput& input, const PlacedText& name,
                  const std::string& architecture, ArchitectureCheck& check,
                  v1::Release* release) {
  ReadList(input, name,
           [&](absl::string_view line, const Place& place,
               absl::string_view location) {
             const auto file = ParseFileLine(line);
             if (!file.ok()) {
               input.problems->Add(place, file.status().message());
               return;
             }
             AddFile(input, *file, place, location, architecture, release);
             check.Check(file->url, location, architecture);
           });
}

// Lines whose files are in no list are noted: a checksum that proves nothing
// may be meant for a file that goes unproven.
void ReadChecksums(const ReleaseInput& input, const PlacedText& name,
                   const ListedUrls& listed, v1::Release* release) {
  std::vector<std::string> notes;
  ReadList(input, name,
           [&](absl::string_view line, const Place& place,
               absl::string_view location) {
             auto file = ParseChecksumLine(line);
             if (!file.ok()) {
               input.problems->Add(place, file.status().message());
               return;
             }
             std::vector<std::string> urls = listed.Named(file->url);
             if (urls.empty()) {
               notes.push_back(absl::StrCat(location, ": '",
                                            http::DisplayUrl(file->url),
                                            "' is in no list, and its checksum "
                                            "proves nothing"));
             } else if (urls.size() > 1) {
               input.problems->Add(
                   place,
                   absl::StrCat("'", http::DisplayUrl(file->url), "' may be '",
                                http::DisplayUrl(urls[0]), "' or '",
                                http::DisplayUrl(urls[1]), "'"),
                   "write the URL in place of the name");
             } else {
               file->url = std::move(urls[0]);
               AddFile(input, *file, place, location, "", release);
             }
           });
  AddNotes(notes, absl::StrCat("lines of ", name.text, " are in no list"),
           release);
}

// Reads `files.waive`: a list of URLs, each alone or with a reason.
void ReadWaivers(const ReleaseInput& input, const Fields& fields,
                 v1::Release* release) {
  const YamlNode* node = fields.Find("waive");
  if (node == nullptr) return;
  if (node->kind != YamlNode::Kind::kSequence) {
    input.problems->Add(fields.PlaceOf("waive"),
                        "'files.waive' should be a list",
                        "write waive: [{url: URL, reason: WHY}]");
    return;
  }
  for (const YamlNode& item : node->items) {
    const int index = release->waivers_size();
    input.places->Set(release::Field::kWaivers, index, {input.file, item.line});
    if (item.kind == YamlNode::Kind::kScalar) {
      release->add_waivers()->set_url(item.scalar);
      continue;
    }
    const Fields waiver(item, "files.waive", input.file, {"url", "reason"},
                        input.problems);
    const auto url = waiver.RequiredString("url", "name the file by its URL");
    const auto reason = waiver.String("reason");
    if (!url.has_value()) continue;
    v1::Waiver& added = *release->add_waivers();
    added.set_url(url->text);
    if (reason.has_value()) added.set_reason(PrintableText(reason->text));
  }
}

}  // namespace

void ReadFilesSection(const ReleaseInput& input, const YamlNode& node,
                      v1::Release* release) {
  const Fields fields(node, "files", input.file,
                      {"base", "lists", "checksums", "otherArchitecture",
                       "requireHashes", "waive", "wrongArchitecture"},
                      input.problems);
  if (node.kind != YamlNode::Kind::kMap) return;
  release->set_files_base(ReadBase(input, fields, release::Field::kFilesBase,
                                   "docker.io/library/nginx:1.25.2-alpine"));
  release->set_require_hashes(fields.Bool("requireHashes", false));
  ReadWaivers(input, fields, release);
  release->set_warn_of_wrong_architecture(fields.Warns("wrongArchitecture"));

  const YamlNode* lists = fields.Find("lists");
  if (lists == nullptr || lists->kind != YamlNode::Kind::kMap) {
    input.problems->Add(fields.PlaceOf("lists"),
                        "'files.lists' should name a list of URLs for each "
                        "architecture",
                        "write lists: {amd64: FILE, arm64: FILE}");
    return;
  }
  CheckArchitectures(input, fields, *lists, *release);
  ArchitectureCheck check(input, fields);
  for (const auto& [key, value] : lists->fields) {
    const std::string& architecture = key.scalar;
    if (value.kind != YamlNode::Kind::kScalar || value.scalar.empty()) {
      input.problems->Add(
          {input.file, value.line},
          absl::StrCat("'files.lists.", architecture, "' should name a file"));
      continue;
    }
    ReadFileList(input, {value.scalar, {input.file, value.line}}, architecture,
                 check, release);
  }
  check.Report(release);
  ListedUrls listed;
  for (const v1::FileRequest& file : release->files()) listed.Add(file.url());
  for (const PlacedText& name : fields.Strings("checksums")) {
    ReadChecksums(input, name, listed, release);
  }
}

}  // namespace kso::release_file
