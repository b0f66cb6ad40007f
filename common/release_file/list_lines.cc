// SPDX-License-Identifier: Apache-2.0
#include "common/release_file/list_lines.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/oci/reference.h"
#include "common/text/without_login.h"

namespace kso::release_file {
namespace {

std::vector<absl::string_view> Words(absl::string_view line) {
  return absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
}

// The digest of 64 or 128 hex digits; empty when they are something else.
std::string DigestOfHex(absl::string_view hex) {
  const auto digest = Digest::Parse(absl::StrCat(
      hex.size() == 128 ? "sha512:" : "sha256:", absl::AsciiStrToLower(hex)));
  return digest.ok() ? digest->ToString() : "";
}

// "HEX  NAME", "HEX *NAME" or "HEX" alone.
std::optional<FileLine> ParsePlainLine(absl::string_view line) {
  const size_t end = std::min(line.find_first_of(" \t"), line.size());
  std::string digest = DigestOfHex(line.substr(0, end));
  if (digest.empty()) return std::nullopt;
  absl::string_view name = absl::StripAsciiWhitespace(line.substr(end));
  absl::ConsumePrefix(&name, "*");
  return FileLine{std::string(name), std::move(digest)};
}

// "SHA256 (NAME) = HEX" or "SHA2-256(NAME)= HEX".
std::optional<FileLine> ParseTaggedLine(absl::string_view line) {
  const size_t open = line.find('(');
  const size_t close = line.rfind(')');
  if (open == absl::string_view::npos || close == absl::string_view::npos ||
      close < open) {
    return std::nullopt;
  }
  const std::string algorithm =
      absl::AsciiStrToLower(absl::StripAsciiWhitespace(line.substr(0, open)));
  absl::string_view hex = absl::StripAsciiWhitespace(line.substr(close + 1));
  if (!absl::ConsumePrefix(&hex, "=")) return std::nullopt;
  hex = absl::StripAsciiWhitespace(hex);
  const size_t digits = algorithm == "sha256" || algorithm == "sha2-256"   ? 64
                        : algorithm == "sha512" || algorithm == "sha2-512" ? 128
                                                                           : 0;
  std::string digest = DigestOfHex(hex);
  if (digest.empty() || hex.size() != digits) return std::nullopt;
  return FileLine{std::string(line.substr(open + 1, close - open - 1)),
                  std::move(digest)};
}

}  // namespace

absl::StatusOr<FileLine> ParseFileLine(absl::string_view line) {
  const std::vector<absl::string_view> words = Words(line);
  if (words.size() > 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("unexpected '", WithoutLogin(ToStd(words[2])),
                     "'; a line is a URL and at most one digest"));
  }
  FileLine file;
  file.url = std::string(words[0]);
  if (words.size() < 2) return file;
  const auto digest = Digest::Parse(absl::AsciiStrToLower(words[1]));
  file.digest = digest.ok() ? digest->ToString() : std::string(words[1]);
  return file;
}

absl::StatusOr<FileLine> ParseChecksumLine(absl::string_view line) {
  auto file = ParseTaggedLine(line);
  if (!file.has_value()) file = ParsePlainLine(line);
  if (!file.has_value()) {
    return absl::InvalidArgumentError(
        "this is not a line of a checksum file; write HEX  URL, as sha256sum "
        "or "
        "sha512sum would");
  }
  if (file->url.empty() || file->url == "-") {
    return absl::InvalidArgumentError(
        "this checksum names no file; write HEX  URL");
  }
  return *std::move(file);
}

absl::StatusOr<std::string> ParseImageLine(absl::string_view line) {
  if (line.find_first_of(" \t") != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", WithoutLogin(ToStd(line)),
                     "' is more than one word; write one image reference a "
                     "line: HOST/PATH:TAG"));
  }
  const auto reference = oci::Reference::Parse(ToStd(line));
  return reference.ok() ? reference->ToString() : std::string(line);
}

}  // namespace kso::release_file
