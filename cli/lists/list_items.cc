// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/list_items.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/files/directory.h"
#include "common/files/text_file.h"
#include "common/oci/reference.h"
#include "common/release/named_architecture.h"
#include "common/release_file/list_lines.h"
#include "common/text/yaml_tree.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostListBytes = 4 << 20;

// A file of a release: a list, or checksums.
struct Source {
  fs::path file;
  bool has_checksums = false;
  std::string architecture;
};

const YamlNode* FieldOf(const YamlNode* map, std::string_view key) {
  if (map == nullptr) return nullptr;
  for (const auto& [name, value] : map->fields) {
    if (name.scalar == key) return &value;
  }
  return nullptr;
}

// The words of a scalar or of a list.
std::vector<std::string> WordsOf(const YamlNode* node) {
  std::vector<std::string> words;
  if (node == nullptr) return words;
  if (node->kind == YamlNode::Kind::kScalar) words.push_back(node->scalar);
  for (const YamlNode& item : node->items) words.push_back(item.scalar);
  return words;
}

absl::StatusOr<std::string> ReadList(const fs::path& file) {
  auto content = ReadTextFile(file, kMostListBytes);
  if (content.ok()) return content;
  return absl::Status(
      content.status().code(),
      absl::StrCat("'", file.string(), "': ", content.status().message()));
}

absl::StatusOr<std::vector<Source>> SourcesOfRelease(const fs::path& file) {
  KSO_ASSIGN_OR_RETURN(const std::string content, ReadList(file));
  const auto parsed = ParseYaml(content);
  if (const auto* error = std::get_if<YamlError>(&parsed)) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.string(), ":", error->line, ": ", error->what));
  }
  const YamlNode& document = std::get<YamlNode>(parsed);
  const fs::path folder = file.parent_path();
  std::vector<Source> sources;
  const YamlNode* files = FieldOf(&document, "files");
  if (const YamlNode* lists = FieldOf(files, "lists")) {
    for (const auto& [architecture, name] : lists->fields) {
      sources.push_back({folder / name.scalar, false, architecture.scalar});
    }
  }
  for (const std::string& name : WordsOf(FieldOf(files, "checksums"))) {
    sources.push_back({folder / name, true, ""});
  }
  const YamlNode* images = FieldOf(&document, "images");
  for (const std::string& name : WordsOf(FieldOf(images, "list"))) {
    sources.push_back({folder / name, false, ""});
  }
  return sources;
}

// A list by itself. The whole name tells of one architecture, or of none.
Source SourceOfFile(const fs::path& file) {
  const std::string extension = file.extension().string();
  const auto named = release::NamedArchitectures(file.stem().string());
  return {
      file,
      extension == ".sha256" || extension == ".sha512" || extension == ".sums",
      named.size() == 1 ? named.begin()->first : ""};
}

absl::StatusOr<std::vector<Source>> SourcesOf(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    const std::string extension = path.extension().string();
    if (extension == ".yaml" || extension == ".yml") {
      return SourcesOfRelease(path);
    }
    return std::vector<Source>{SourceOfFile(path)};
  }
  if (fs::exists(path / "release.yaml", error)) {
    return SourcesOfRelease(path / "release.yaml");
  }
  std::vector<Source> sources;
  KSO_RETURN_IF_ERROR(ForEachEntry(path, [&](const auto& entry) {
    Source source = SourceOfFile(entry.path());
    if (source.has_checksums || entry.path().extension() == ".list") {
      sources.push_back(std::move(source));
    }
  }));
  std::sort(sources.begin(), sources.end(),
            [](const Source& a, const Source& b) { return a.file < b.file; });
  if (!sources.empty()) return sources;
  return absl::InvalidArgumentError(
      absl::StrCat("'", path.string(), "' has no release.yaml and no *.list"));
}

bool IsUrl(absl::string_view text) {
  return absl::StartsWith(text, "https://") ||
         absl::StartsWith(text, "http://");
}

absl::Status AddLines(const Source& source, std::vector<ListItem>& items,
                      std::map<std::string, std::string>& checksums) {
  KSO_ASSIGN_OR_RETURN(const std::string content, ReadList(source.file));
  for (const TextLine& line : LinesOf(content)) {
    if (source.has_checksums) {
      const auto file = release_file::ParseChecksumLine(line.text);
      if (file.ok()) checksums[file->url] = file->digest;
      continue;
    }
    ListItem& item = items.emplace_back();
    item.place = absl::StrCat(source.file.string(), ":", line.number);
    const std::vector<std::string> words =
        absl::StrSplit(line.text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    item.text = words[0];
    if (IsUrl(item.text)) {
      item.architecture = source.architecture;
      if (words.size() > 1) item.digest = words[1];
    } else {
      item.kind = ListItem::Kind::kImage;
    }
  }
  return absl::OkStatus();
}

// The end of the version that begins at `at`: numbers with points or
// underscores between them, and what hangs on by a hyphen or plus as long as it
// has digits ("v1.7.1-flannel1"); `at` when none does.
size_t EndOfVersion(std::string_view text, size_t at) {
  if (at > 0 && absl::ascii_isalnum(text[at - 1])) return at;
  size_t i = at;
  if (text[i] == 'v') ++i;
  const size_t digits = i;
  bool has_point = false;
  while (i < text.size() &&
         (absl::ascii_isdigit(text[i]) ||
          ((text[i] == '.' || text[i] == '_') && i > digits &&
           i + 1 < text.size() && absl::ascii_isdigit(text[i + 1])))) {
    has_point |= !absl::ascii_isdigit(text[i]);
    ++i;
  }
  // A date is a version, too; another number without a point is none.
  if (i == digits || (!has_point && i - digits < 8)) return at;
  return i;
}

}  // namespace

absl::StatusOr<std::vector<ListItem>> ReadListItems(const fs::path& path) {
  KSO_ASSIGN_OR_RETURN(const std::vector<Source> sources, SourcesOf(path));
  std::vector<ListItem> items;
  // By URL, or by a file's name.
  std::map<std::string, std::string> checksums;
  for (const Source& source : sources) {
    KSO_RETURN_IF_ERROR(AddLines(source, items, checksums));
  }
  for (ListItem& item : items) {
    if (item.kind != ListItem::Kind::kFile || !item.digest.empty()) continue;
    for (const std::string& name :
         {item.text, item.text.substr(item.text.rfind('/') + 1)}) {
      const auto found = checksums.find(name);
      if (found != checksums.end() && item.digest.empty()) {
        item.digest = found->second;
      }
    }
  }
  return items;
}

VersionedName WithoutVersion(const ListItem& item) {
  if (item.kind == ListItem::Kind::kImage) {
    const auto reference = oci::Reference::Parse(item.text);
    if (!reference.ok()) return {item.text, ""};
    return {reference->Name(),
            reference->ToString().substr(reference->Name().size() + 1)};
  }
  VersionedName found;
  const std::string_view text = item.text;
  for (size_t at = 0; at < text.size();) {
    const size_t end = EndOfVersion(text, at);
    if (end == at) {
      found.name += text[at++];
      continue;
    }
    const std::string version(text.substr(at, end - at));
    found.name += '*';
    // A URL often has its version twice, with and without a "v".
    const bool is_new =
        found.version.find(version.substr(version[0] == 'v' ? 1 : 0)) ==
        std::string::npos;
    if (is_new) {
      absl::StrAppend(&found.version, found.version.empty() ? "" : " ",
                      version);
    }
    at = end;
  }
  return found;
}

}  // namespace kso::cli
