// SPDX-License-Identifier: Apache-2.0
#include "cli/release/file_collector.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cli/release/file_url.h"
#include "common/base/digest.h"

namespace kso::cli {
namespace {

std::vector<absl::string_view> Words(absl::string_view line) {
  return absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
}

bool IsHex(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isxdigit(c)) return false;
  }
  return !text.empty();
}

// The digest that `hex` can only be, by its length; empty if it is none.
std::string DigestOfHex(absl::string_view hex) {
  if (!IsHex(hex)) return "";
  if (hex.size() == 64) {
    return absl::StrCat("sha256:", absl::AsciiStrToLower(hex));
  }
  if (hex.size() == 128) {
    return absl::StrCat("sha512:", absl::AsciiStrToLower(hex));
  }
  return "";
}

}  // namespace

void FileCollector::AddListLine(absl::string_view line, const Place& place,
                                absl::string_view location,
                                absl::string_view architecture) {
  const std::vector<absl::string_view> words = Words(line);
  const absl::StatusOr<std::string> path = ServedPath(words[0]);
  if (!path.ok()) {
    problems_->Add(place,
                   absl::StrCat("'", words[0], "': ", path.status().message()));
    return;
  }
  if (words.size() > 2) {
    problems_->Add(place, absl::StrCat("unexpected '", words[2], "'"),
                   "a line is a URL and at most one digest");
    return;
  }
  const std::string url(words[0]);
  const auto [found, is_new] = by_url_.try_emplace(url, entries_.size());
  if (is_new) {
    Entry entry;
    entry.file.set_url(url);
    entry.file.set_location(std::string(location));
    entry.place = place;
    entries_.push_back(std::move(entry));
    const auto [other, free] = by_path_.try_emplace(*path, found->second);
    if (!free) {
      const Entry& first = entries_[other->second];
      problems_->Add(
          place,
          absl::StrCat("'", url,
                       "' would be served at the same "
                       "path as '",
                       first.file.url(), "' (", first.place.ToString(), ")"),
          "keep one of them");
    }
  }
  Entry& entry = entries_[found->second];
  entry.architectures[std::string(architecture)] = true;
  if (words.size() < 2) return;
  const auto digest = Digest::Parse(absl::AsciiStrToLower(words[1]));
  if (digest.ok()) {
    SetDigest(entry, digest->ToString(), place);
    return;
  }
  const std::string meant = DigestOfHex(words[1]);
  problems_->Add(place, absl::StrCat("'", words[1], "' is not a digest"),
                 meant.empty() ? "write sha256: and 64 hex digits, or sha512: "
                                 "and 128"
                               : absl::StrCat("write it as ", meant));
}

void FileCollector::AddChecksumLine(absl::string_view line,
                                    const Place& place) {
  const std::vector<absl::string_view> words = Words(line);
  const std::string digest = DigestOfHex(words[0]);
  if (digest.empty() || words.size() != 2) {
    problems_->Add(place, "this is not a line of a checksum file",
                   "write HEX  URL, as sha256sum or sha512sum would");
    return;
  }
  // sha256sum marks files that it read as binary.
  absl::string_view url = words[1];
  absl::ConsumePrefix(&url, "*");
  const auto found = by_url_.find(url);
  if (found != by_url_.end()) SetDigest(entries_[found->second], digest, place);
}

void FileCollector::CheckDirectories() const {
  for (const auto& [path, number] : by_path_) {
    for (size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
      const auto parent = by_path_.find(path.substr(0, slash));
      if (parent == by_path_.end()) continue;
      const Entry& entry = entries_[number];
      const Entry& above = entries_[parent->second];
      problems_->Add(entry.place,
                     absl::StrCat("'", entry.file.url(), "' would be below '",
                                  above.file.url(), "' (",
                                  above.place.ToString(), "), which is a file"),
                     "only one of the two can be served; drop the other");
    }
  }
}

void FileCollector::SetDigest(Entry& entry, const std::string& digest,
                              const Place& place) {
  if (entry.file.digest().empty()) {
    entry.file.set_digest(digest);
    entry.digest_place = place;
    return;
  }
  if (entry.file.digest() == digest) return;
  // Both may be true when they are of different kinds; the first one stays.
  if (entry.file.digest().substr(0, 6) != digest.substr(0, 6)) return;
  problems_->Add(
      place,
      absl::StrCat("'", entry.file.url(), "' is ", digest, " here and ",
                   entry.file.digest(), " at ", entry.digest_place.ToString()),
      "find out which is right, and drop the other");
}

std::vector<v1::FileRequest> FileCollector::Finish() const {
  std::vector<v1::FileRequest> files;
  for (const Entry& entry : entries_) {
    v1::FileRequest file = entry.file;
    for (const auto& [architecture, _] : entry.architectures) {
      file.add_architectures(architecture);
    }
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace kso::cli
