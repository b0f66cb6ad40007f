// SPDX-License-Identifier: Apache-2.0
#include "common/release/check_mirrors.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "common/base/strings.h"
#include "common/http/url.h"
#include "common/oci/reference.h"

namespace kso::release {
namespace {

bool IsOfFiles(std::string_view text) {
  return absl::StrContains(ToAbsl(text), "://");
}

std::string_view WithoutScheme(std::string_view url) {
  absl::string_view rest = ToAbsl(url);
  if (!absl::ConsumePrefix(&rest, "https://")) {
    absl::ConsumePrefix(&rest, "http://");
  }
  return ToStd(rest);
}

// Returns whether `text` may hold a secret: user information or a query (RFC
// 3986, section 3), or a fragment.
bool MayHoldSecret(std::string_view text) {
  return http::DisplayUrl(text) != text;
}

// An http or https URL with a host and nothing but a path:
// "https://dl.k8s.io/".
bool IsUrlPrefix(std::string_view text) {
  const std::string_view rest = WithoutScheme(text);
  return rest.size() < text.size() &&
         std::all_of(
             rest.begin(), rest.end(),
             [](char c) {
               return absl::ascii_isgraph(static_cast<unsigned char>(c));
             }) &&
         oci::IsValidHost(rest.substr(0, rest.find('/')));
}

// "docker.io/" or "mirror.example.com:5000/docker.io/library".
bool IsImagePrefix(std::string_view text) {
  const size_t slash = text.find('/');
  if (!oci::IsValidHost(text.substr(0, slash))) return false;
  if (slash == std::string_view::npos) return true;
  std::string_view path = text.substr(slash + 1);
  if (path.ends_with('/')) path.remove_suffix(1);
  return path.empty() || oci::IsValidRepositoryPath(path);
}

Violation Secret(std::string_view text) {
  return {Concat("'", http::DisplayUrl(text),
                 "' has a user name, a password, a query or a fragment, which "
                 "would be shown in messages and kept in the journal"),
          IsOfFiles(text)
              ? "write http://HOST/PATH/, and put the login in the workers' "
                "netrc"
              : "write HOST[:PORT]/PATH/, and put the login in the workers' "
                "auth.json"};
}

std::optional<Violation> CheckPrefix(std::string_view prefix) {
  if (prefix.empty()) {
    return Violation{"a mirror has no prefix", "say what it stands in for"};
  }
  if (MayHoldSecret(prefix)) return Secret(prefix);
  if (IsOfFiles(prefix) ? IsUrlPrefix(prefix) : IsImagePrefix(prefix)) {
    return std::nullopt;
  }
  return Violation{
      Concat("'", prefix, "' is no prefix of URLs or image references"),
      "write https://HOST/ for files, or HOST/ for images"};
}

std::optional<Violation> CheckLocation(std::string_view prefix,
                                       std::string_view location) {
  if (location.empty()) {
    return Violation{"a mirror has no location", "say where it is"};
  }
  if (MayHoldSecret(location)) return Secret(location);
  const bool for_files = IsOfFiles(prefix);
  if (for_files ? !IsUrlPrefix(location) : !IsImagePrefix(location)) {
    return Violation{
        Concat("'", location, "' cannot stand for '", prefix, "'"),
        for_files ? "a mirror of files is a URL: http://HOST/PATH/"
                  : "a mirror of images has no scheme: HOST[:PORT]/PATH/"};
  }
  if (prefix.ends_with('/') != location.ends_with('/')) {
    return Violation{
        "of prefix and location one ends with a slash and the other does not",
        "end both with a slash"};
  }
  return std::nullopt;
}

}  // namespace

void CheckMirrors(const v1::Release& release, std::vector<Problem>& problems) {
  std::map<std::string_view, int> seen;
  for (int i = 0; i < release.mirrors_size(); ++i) {
    const v1::Mirror& mirror = release.mirrors(i);
    const auto add = [&](Field field, Violation violation, int other = -1) {
      problems.push_back({field, i, "mirrors", std::move(violation), other});
    };
    if (std::optional<Violation> bad = CheckPrefix(mirror.prefix())) {
      add(Field::kMirrorPrefix, *std::move(bad));
      continue;
    }
    if (std::optional<Violation> bad =
            CheckLocation(mirror.prefix(), mirror.location())) {
      add(Field::kMirrorLocation, *std::move(bad));
    }
    if (mirror.insecure() && IsOfFiles(mirror.prefix())) {
      add(Field::kMirrorInsecure,
          {"'insecure' is for mirrors of images",
           "drop it: the location of a mirror of files says http:// or "
           "https://"});
    }
    const auto [first, is_new] = seen.try_emplace(mirror.prefix(), i);
    if (is_new) continue;
    add(Field::kMirrorPrefix,
        {Concat("'", mirror.prefix(), "' is mirrored twice"),
         "keep one of them"},
        first->second);
  }
}

}  // namespace kso::release
