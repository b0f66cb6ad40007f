// SPDX-License-Identifier: Apache-2.0
#include "common/closure/index_reader.h"

#include <cstdint>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/release/verdicts.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"

namespace kso::closure {
namespace {

// The hexadecimal digits of a SHA-256, and the two blanks after them.
constexpr size_t kSumHex = 64;
constexpr std::string_view kSumBlanks = "  ";

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(Concat("index.json ", what));
}

// Texts of the index are shown to people.
std::string TextOf(const Json& item, std::string_view key) {
  return PrintableText(StringOf(item, key));
}

std::vector<std::string> TextsOf(const Json& item, std::string_view key) {
  std::vector<std::string> texts;
  const auto field = FieldOf(item, key);
  if (!field.ok() || *field == nullptr || !(*field)->is_array()) return texts;
  for (const Json& text : **field) {
    if (text.is_string()) {
      texts.push_back(PrintableText(text.get_ref<const std::string&>()));
    }
  }
  return texts;
}

bool IsSet(const Json& item, std::string_view key) {
  const auto field = FieldOf(item, key);
  return field.ok() && *field != nullptr && (*field)->is_boolean() &&
         (*field)->get<bool>();
}

v1::ItemVerdict::Verdict VerdictOf(const Json& item) {
  const std::string word = StringOf(item, "verdict");
  for (const auto verdict :
       {v1::ItemVerdict::MATCHED, v1::ItemVerdict::UNSTATED,
        v1::ItemVerdict::WAIVED}) {
    if (release::VerdictWord(verdict) == word) return verdict;
  }
  return v1::ItemVerdict::VERDICT_UNSPECIFIED;
}

// The part that files and images have in common. `name` is that of the item.
absl::StatusOr<v1::ItemVerdict> ReadVerdict(const Json& item,
                                            const std::string& name) {
  v1::ItemVerdict verdict;
  verdict.set_name(name);
  if (name.empty()) return Wrong("has an item without a name");
  const auto digest = Digest::Parse(StringOf(item, "digest"));
  if (!digest.ok()) return Wrong(Concat("has no proper digest for ", name));
  verdict.set_digest(digest->ToString());
  KSO_ASSIGN_OR_RETURN(const Json* size, FieldOf(item, "size"));
  if (size == nullptr || !size->is_number_integer() || *size < 0 ||
      *size > kLargestContent) {
    return Wrong(Concat("has no proper size for ", name));
  }
  verdict.set_size(size->get<int64_t>());
  verdict.set_verdict(VerdictOf(item));
  verdict.set_stated(TextOf(item, "stated"));
  verdict.set_waived_because(TextOf(item, "waivedBecause"));
  verdict.set_architecture_problem(TextOf(item, "architectureProblem"));
  verdict.set_not_looked_at(TextOf(item, "notLookedAt"));
  verdict.set_only_beginning(IsSet(item, "onlyBeginningLookedAt"));
  verdict.set_other_architecture(IsSet(item, "otherArchitecture"));
  for (const std::string& list : TextsOf(item, "lists")) {
    verdict.add_listed_architectures(list);
  }
  for (const std::string& architecture : TextsOf(item, "architectures")) {
    verdict.add_architectures(architecture);
  }
  return verdict;
}

absl::StatusOr<IndexedFile> ReadFile(const Json& item) {
  IndexedFile file;
  KSO_ASSIGN_OR_RETURN(file.verdict, ReadVerdict(item, TextOf(item, "url")));
  file.path = TextOf(item, "path");
  if (file.path.empty()) {
    return Wrong(Concat("has no path for ", file.verdict.name()));
  }
  file.sha512 = TextOf(item, "sha512");
  return file;
}

absl::StatusOr<IndexedImage> ReadImage(const Json& item) {
  IndexedImage image;
  KSO_ASSIGN_OR_RETURN(image.verdict,
                       ReadVerdict(item, TextOf(item, "reference")));
  image.repository = TextOf(item, "repository");
  if (image.repository.empty()) {
    return Wrong(Concat("has no repository for ", image.verdict.name()));
  }
  image.tag = TextOf(item, "tag");
  image.platforms = TextsOf(item, "platforms");
  return image;
}

// The items at `key`, each as `read` reads it.
template <typename Item>
absl::Status ReadItems(const Json& json, std::string_view key,
                       absl::StatusOr<Item> (*read)(const Json&),
                       std::vector<Item>& items) {
  KSO_ASSIGN_OR_RETURN(const Json* list, FieldOf(json, key));
  if (list == nullptr || !list->is_array()) {
    return Wrong(Concat("has no ", key));
  }
  for (const Json& item : *list) {
    KSO_ASSIGN_OR_RETURN(items.emplace_back(), read(item));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ReleaseIndex> ReadIndexJson(std::string_view text) {
  const absl::StatusOr<Json> json = ParseJson(text, {.bytes = kMostIndexBytes});
  if (!json.ok()) {
    return Wrong(Concat("cannot be read: ", ToStd(json.status().message())));
  }
  if (StringOf(*json, "kind") != "ReleaseIndex") {
    return Wrong("is none of kso's");
  }
  ReleaseIndex index;
  KSO_RETURN_IF_ERROR(ReadItems(*json, "files", &ReadFile, index.files));
  KSO_RETURN_IF_ERROR(ReadItems(*json, "images", &ReadImage, index.images));
  index.missing_platforms = TextsOf(*json, "missingPlatforms");
  index.missing_platforms_meaning = TextOf(*json, "missingPlatformsMeaning");
  return index;
}

absl::StatusOr<std::map<std::string, std::string>> ReadSha256Sums(
    std::string_view text) {
  if (text.size() > kMostIndexBytes) {
    return absl::InvalidArgumentError("SHA256SUMS is too large");
  }
  std::map<std::string, std::string> sums;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    ++number;
    if (line.empty()) continue;
    const absl::string_view hex = line.substr(0, kSumHex);
    const auto digest = Digest::Parse(Concat("sha256:", ToStd(hex)));
    if (!digest.ok() || line.size() <= kSumHex + kSumBlanks.size() ||
        ToStd(line.substr(kSumHex, kSumBlanks.size())) != kSumBlanks) {
      return absl::InvalidArgumentError(
          Concat("SHA256SUMS, line ", number, ", is no checksum and path"));
    }
    std::string path(line.substr(kSumHex + kSumBlanks.size()));
    if (!sums.emplace(path, digest->ToString()).second) {
      return absl::InvalidArgumentError(
          Concat("SHA256SUMS has ", PrintableText(path), " twice"));
    }
  }
  return sums;
}

}  // namespace kso::closure
