// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/package_url.h"

#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"
#include "common/oci/reference.h"
#include "common/text/percent_coding.h"

namespace kso::evidence {
namespace {

// The components of a URL's path, without scheme, host, query and fragment.
std::vector<std::string> PathOf(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const size_t slash = url.find('/');
  if (slash == std::string_view::npos) return {};
  return absl::StrSplit(ToAbsl(url.substr(slash + 1)), '/', absl::SkipEmpty());
}

std::string HostOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return std::string(url.substr(0, url.find_first_of("/?#")));
}

// The length of the dotted number at the beginning of `text`, with at least one
// dot and what follows a hyphen or plus; 0 where there is none.
size_t VersionLength(std::string_view text) {
  size_t end = 0;
  int dots = 0;
  while (end < text.size()) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(text[end]))) {
      ++end;
    } else if (text[end] == '.' && end > 0 && end + 1 < text.size() &&
               absl::ascii_isdigit(static_cast<unsigned char>(text[end + 1]))) {
      ++end;
      ++dots;
    } else {
      break;
    }
  }
  return dots == 0 ? 0 : end;
}

// The first version in a component: after its beginning, a "v", or a character
// that is no letter or digit.
std::string VersionIn(std::string_view component) {
  for (size_t i = 0; i < component.size(); ++i) {
    const unsigned char before =
        i == 0 ? '-' : static_cast<unsigned char>(component[i - 1]);
    const bool begins =
        !absl::ascii_isalnum(before) ||
        (before == 'v' &&
         (i == 1 ||
          !absl::ascii_isalnum(static_cast<unsigned char>(component[i - 2]))));
    const size_t length = begins ? VersionLength(component.substr(i)) : 0;
    if (length > 0) return std::string(component.substr(i, length));
  }
  return "";
}

}  // namespace

std::string FileNameOf(std::string_view url) {
  const std::vector<std::string> path = PathOf(url);
  return path.empty() ? HostOf(url) : path.back();
}

std::string VersionInUrl(std::string_view url) {
  const std::vector<std::string> path = PathOf(url);
  for (auto it = path.rbegin(); it != path.rend(); ++it) {
    std::string version = VersionIn(*it);
    if (!version.empty()) return version;
  }
  return "";
}

std::string PackageUrlOfFile(std::string_view url) {
  const std::vector<std::string> path = PathOf(url);
  const std::string source =
      Concat("?download_url=", PercentEncode(url),
             "&file_name=", PercentEncode(FileNameOf(url)));
  // OWNER/REPOSITORY/releases/download/TAG/FILE
  if (HostOf(url) == "github.com" && path.size() >= 6 &&
      path[2] == "releases" && path[3] == "download") {
    return Concat("pkg:github/", PercentEncode(absl::AsciiStrToLower(path[0])),
                  "/", PercentEncode(absl::AsciiStrToLower(path[1])), "@",
                  PercentEncode(path[4]), source);
  }
  const std::string version = VersionInUrl(url);
  return Concat("pkg:generic/", PercentEncode(FileNameOf(url)),
                version.empty() ? "" : "@", PercentEncode(version), source);
}

std::string PackageUrlOfImage(std::string_view reference,
                              std::string_view digest) {
  const absl::StatusOr<oci::Reference> parsed =
      oci::Reference::Parse(reference);
  if (!parsed.ok()) return "";
  const std::string& path = parsed->path;
  const std::string name = path.substr(path.rfind('/') + 1);
  return Concat("pkg:oci/", absl::AsciiStrToLower(name), "@",
                PercentEncode(digest),
                "?repository_url=", PercentEncode(parsed->Name()),
                parsed->tag.empty() ? "" : "&tag=", PercentEncode(parsed->tag));
}

}  // namespace kso::evidence
