// SPDX-License-Identifier: Apache-2.0
#include "cli/release/list_lines.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/digest.h"
#include "common/base/strings.h"
#include "common/oci/reference.h"

namespace kso::cli {
namespace {

std::vector<absl::string_view> Words(absl::string_view line) {
  return absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
}

}  // namespace

absl::StatusOr<FileLine> ParseFileLine(absl::string_view line) {
  const std::vector<absl::string_view> words = Words(line);
  if (words.size() > 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "unexpected '", words[2], "'; a line is a URL and at most one digest"));
  }
  FileLine file;
  file.url = std::string(words[0]);
  if (words.size() < 2) return file;
  const auto digest = Digest::Parse(absl::AsciiStrToLower(words[1]));
  file.digest = digest.ok() ? digest->ToString() : std::string(words[1]);
  return file;
}

absl::StatusOr<FileLine> ParseChecksumLine(absl::string_view line) {
  const std::vector<absl::string_view> words = Words(line);
  if (words.size() == 2) {
    const auto digest = Digest::Parse(
        absl::StrCat(words[0].size() == 128 ? "sha512:" : "sha256:",
                     absl::AsciiStrToLower(words[0])));
    if (digest.ok()) {
      // sha256sum marks files that it read as binary.
      absl::string_view url = words[1];
      absl::ConsumePrefix(&url, "*");
      return FileLine{std::string(url), digest->ToString()};
    }
  }
  return absl::InvalidArgumentError(
      "this is not a line of a checksum file; write HEX  URL, as sha256sum or "
      "sha512sum would");
}

absl::StatusOr<std::string> ParseImageLine(absl::string_view line) {
  if (line.find_first_of(" \t") != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", line,
                     "' is more than one word; write one image reference a "
                     "line: HOST/PATH:TAG"));
  }
  const auto reference = oci::Reference::Parse(ToStd(line));
  return reference.ok() ? reference->ToString() : std::string(line);
}

}  // namespace kso::cli
