// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/file_kind.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "common/base/strings.h"

namespace kso::worker {
namespace {

using std::string_view_literals::operator""sv;

struct Kind {
  std::string_view suffix;
  const char* name;
  // Empty for tar, which has no magic bytes at its beginning.
  std::string_view magic;
  bool compressed = false;
};

constexpr Kind kKinds[] = {
    {".gz", "a gzip archive", "\x1f\x8b"sv, true},
    {".tgz", "a gzip archive", "\x1f\x8b"sv, true},
    {".xz", "an xz archive",
     "\xfd"
     "7zXZ\0"sv,
     true},
    {".txz", "an xz archive",
     "\xfd"
     "7zXZ\0"sv,
     true},
    {".zst", "a zstd archive", "\x28\xb5\x2f\xfd"sv, true},
    {".tzst", "a zstd archive", "\x28\xb5\x2f\xfd"sv, true},
    {".bz2", "a bzip2 archive", "BZh"sv, true},
    {".tbz2", "a bzip2 archive", "BZh"sv, true},
    {".tbz", "a bzip2 archive", "BZh"sv, true},
    {".zip", "a zip archive", "PK"sv},
    {".tar", "a tar archive", ""sv},
    {".deb", "a Debian package", "!<arch>\n"sv},
    {".rpm", "an RPM package", "\xed\xab\xee\xdb"sv},
};

// Returns whether a file begins with a header block of tar (POSIX.1-2008, pax,
// "ustar Interchange Format"), whose checksum all dialects have, or with the
// zeros of an archive without members.
bool BeginsAsTar(std::string_view beginning) {
  constexpr size_t kBlock = 512;
  constexpr size_t kChecksum = 148;
  constexpr size_t kChecksumDigits = 8;
  if (beginning.size() < kBlock) return false;
  const std::string_view block = beginning.substr(0, kBlock);
  if (block.find_first_not_of('\0') == std::string_view::npos) return true;
  int64_t sum = 0;
  int64_t stated = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    const bool in_checksum = i >= kChecksum && i < kChecksum + kChecksumDigits;
    sum += in_checksum ? ' ' : static_cast<unsigned char>(block[i]);
    if (in_checksum && block[i] >= '0' && block[i] <= '7') {
      stated = stated * 8 + (block[i] - '0');
    }
  }
  return sum == stated;
}

bool BeginsAs(const Kind& kind, std::string_view beginning) {
  return kind.magic.empty() ? BeginsAsTar(beginning)
                            : beginning.starts_with(kind.magic);
}

bool IsPageName(absl::string_view name) {
  for (const char* suffix : {".html", ".htm", ".xhtml", ".shtml"}) {
    if (absl::EndsWith(name, suffix)) return true;
  }
  return false;
}

// Drops what may come before a document's first element.
absl::string_view WithoutProlog(absl::string_view text) {
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  for (;;) {
    text = absl::StripLeadingAsciiWhitespace(text);
    const absl::string_view end = absl::StartsWith(text, "<!--")    ? "-->"
                                  : absl::StartsWith(text, "<?xml") ? "?>"
                                                                    : "";
    const size_t found = end.empty() ? absl::string_view::npos : text.find(end);
    if (found == absl::string_view::npos) return text;
    text.remove_prefix(found + end.size());
  }
}

// Names the kind of text that hosts answer in place of a file; empty when the
// file does not begin as one.
std::string AnswerInstead(std::string_view beginning) {
  const absl::string_view text = WithoutProlog(ToAbsl(beginning));
  for (const char* tag : {"<!doctype html", "<html", "<head>", "<body"}) {
    if (absl::StartsWithIgnoreCase(text, tag)) return "an HTML page";
  }
  // Object stores say errors so.
  if (absl::StartsWith(text, "<Error>")) return "an XML error";
  return "";
}

// The name in a URL, in lower case. A query or fragment is not of it (RFC 3986,
// section 3).
std::string NameIn(std::string_view url) {
  return absl::AsciiStrToLower(ToAbsl(url.substr(0, url.find_first_of("?#"))));
}

}  // namespace

std::string KindDisagreement(std::string_view url, std::string_view beginning) {
  const std::string name = NameIn(url);
  const std::string instead = IsPageName(name) ? "" : AnswerInstead(beginning);
  for (const Kind& kind : kKinds) {
    if (!absl::EndsWith(name, ToAbsl(kind.suffix))) continue;
    if (BeginsAs(kind, beginning)) return "";
    const std::string is = beginning.empty() ? "nothing"
                           : instead.empty() ? "something else"
                                             : instead;
    return Concat(is, ", not ", kind.name);
  }
  if (beginning.empty()) return "nothing, not a file";
  return instead.empty() ? "" : Concat(instead, ", not a file of that name");
}

bool IsCompressedName(std::string_view url) {
  const std::string name = NameIn(url);
  return std::any_of(
      std::begin(kKinds), std::end(kKinds), [&name](const Kind& kind) {
        return kind.compressed && absl::EndsWith(name, ToAbsl(kind.suffix));
      });
}

}  // namespace kso::worker
