// SPDX-License-Identifier: Apache-2.0
#include "common/release/served_path.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"
#include "common/layer/layer_path.h"
#include "common/oci/grammar.h"
#include "common/site.h"
#include "common/text/percent_coding.h"

namespace kso::release {
namespace {

// NAME_MAX of Linux.
constexpr size_t kLongestName = 255;
constexpr size_t kLongestPath = kMaxLayerPath - site::kFilesDirectory.size();
// Begins the names by which a layer deletes files of the layers below it.
constexpr std::string_view kWhiteoutPrefix = ".wh.";

using PathOrViolation = std::variant<std::string, Violation>;

// A name between two slashes of a URL's path, decoded.
PathOrViolation DecodeName(std::string_view coded) {
  std::optional<std::string> name = PercentDecode(coded);
  if (!name.has_value()) {
    return Violation{"has a '%' without two hex digits after it",
                     "write the '%' as %25"};
  }
  // The path would look like one and be another.
  if (absl::StrContains(*name, "/")) {
    return Violation{"has an encoded '/' in its path", "write it as it is"};
  }
  if (!std::all_of(name->begin(), name->end(), IsPathCharacter)) {
    return Violation{
        "has a character in its path that no file name here may "
        "have",
        "use letters, digits and -._~!$&'()*+,;=:@"};
  }
  if (name->empty() || *name == "." || *name == "..") {
    return Violation{"has an empty, '.' or '..' part in its path",
                     "write the path out without it"};
  }
  if (name->size() > kLongestName) {
    return Violation{
        "has a part of more than 255 bytes in its path, which no "
        "file name can have",
        "find a shorter URL"};
  }
  if (absl::StartsWith(*name, ToAbsl(kWhiteoutPrefix))) {
    return Violation{
        "has a name in its path that begins with '.wh.', which "
        "deletes a file in an image",
        "find a URL without such a name"};
  }
  return *std::move(name);
}

PathOrViolation ParseUrl(std::string_view url) {
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return Violation{"is not a URL of http or https",
                     "write https://HOST/PATH, and a digest after it if you "
                     "have one"};
  }
  const size_t slash = rest.find('/');
  const std::string_view host = rest.substr(0, slash);
  if (host.find('@') != std::string_view::npos) {
    return Violation{"has a user name or password in it",
                     "take it out: a release is no place for secrets"};
  }
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return Violation{
        "has a query or a fragment, and no file can be served "
        "under such a name",
        "find a URL without '?' and '#'"};
  }
  if (!oci::IsValidHost(host)) {
    return Violation{"has no valid host", "write https://HOST/PATH"};
  }
  if (slash == std::string_view::npos || rest.back() == '/') {
    return Violation{"names no file", "write the URL of one file"};
  }
  std::string path(host);
  for (const absl::string_view coded :
       absl::StrSplit(ToAbsl(rest.substr(slash + 1)), '/')) {
    PathOrViolation name = DecodeName(ToStd(coded));
    if (std::holds_alternative<Violation>(name)) return name;
    path += "/" + std::get<std::string>(name);
  }
  if (path.size() > kLongestPath) {
    return Violation{Concat("has a path of more than ", kLongestPath,
                            " bytes, which no file can have here"),
                     "find a shorter URL"};
  }
  return path;
}

}  // namespace

absl::StatusOr<std::string> ServedPath(std::string_view url) {
  PathOrViolation path = ParseUrl(url);
  if (const auto* violation = std::get_if<Violation>(&path)) {
    return absl::InvalidArgumentError(violation->reason);
  }
  return std::get<std::string>(std::move(path));
}

std::optional<Violation> CheckUrl(std::string_view url) {
  PathOrViolation path = ParseUrl(url);
  if (std::holds_alternative<std::string>(path)) return std::nullopt;
  return std::get<Violation>(std::move(path));
}

}  // namespace kso::release
