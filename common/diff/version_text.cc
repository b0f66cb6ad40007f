// SPDX-License-Identifier: Apache-2.0
#include "common/diff/version_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"

namespace kso::diff {
namespace {

bool IsDigit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}
bool IsAlnum(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c));
}

size_t Digits(absl::string_view text, size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

// The end of what may follow the numbers of a version: "-rc.1", "+k3s1". Only
// words with a digit are taken, since "-linux-amd64" follows them too, and has
// its digits in what is no version.
size_t SuffixEnd(absl::string_view text, size_t at) {
  if (at >= text.size() || (text[at] != '-' && text[at] != '+')) return at;
  for (const absl::string_view word :
       {"rc", "alpha", "beta", "eksbuild", "k3s", "rke2r", "build", "r"}) {
    if (!absl::StartsWith(text.substr(at + 1), word)) continue;
    size_t end = at + 1 + word.size();
    if (end < text.size() && (text[end] == '.' || text[end] == '-')) ++end;
    const size_t number = Digits(text, end);
    if (number == end) continue;
    return number;
  }
  return at;
}

// The end of a version that begins at `at`; `at` itself where none does.
size_t VersionEnd(absl::string_view text, size_t at) {
  if (at > 0 && (IsAlnum(text[at - 1]) || text[at - 1] == '.')) return at;
  size_t end = at + (text[at] == 'v' ? 1 : 0);
  size_t number = Digits(text, end);
  if (number == end) return at;
  int numbers = 1;
  end = number;
  while (end + 1 < text.size() && text[end] == '.' && IsDigit(text[end + 1])) {
    end = Digits(text, end + 1);
    ++numbers;
  }
  // "2.tar.gz" is no version, and neither is "10.0.0.1:5000".
  if (numbers < 2 || (end < text.size() && text[end] == ':')) return at;
  return SuffixEnd(text, end);
}

Unversioned OfUrl(absl::string_view url) {
  Unversioned result;
  std::vector<std::string> versions;
  for (size_t at = 0; at < url.size();) {
    const size_t end = VersionEnd(url, at);
    if (end == at) {
      result.key += url[at++];
      continue;
    }
    std::string version(url.substr(at, end - at));
    if (std::find(versions.begin(), versions.end(), version) ==
        versions.end()) {
      versions.push_back(std::move(version));
    }
    result.key += '*';
    at = end;
  }
  result.version = absl::StrJoin(versions, " ");
  return result;
}

Unversioned OfImage(absl::string_view reference) {
  const size_t at = reference.find('@');
  const size_t slash = reference.rfind('/', at);
  const size_t colon =
      reference.find(':', slash == absl::string_view::npos ? 0 : slash + 1);
  const size_t end = std::min(at, colon);
  if (end == absl::string_view::npos) return {std::string(reference), ""};
  return {std::string(reference.substr(0, end)),
          std::string(reference.substr(end + 1))};
}

}  // namespace

Unversioned WithoutVersion(absl::string_view name) {
  return absl::StrContains(name, "://") ? OfUrl(name) : OfImage(name);
}

}  // namespace kso::diff
