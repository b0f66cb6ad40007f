// SPDX-License-Identifier: Apache-2.0
#include "common/release_file/listed_urls.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace kso::release_file {
namespace {

absl::string_view WithoutScheme(absl::string_view url) {
  if (!absl::ConsumePrefix(&url, "https://")) {
    absl::ConsumePrefix(&url, "http://");
  }
  return url;
}

absl::string_view LastComponent(absl::string_view name) {
  const size_t slash = name.rfind('/');
  return slash == absl::string_view::npos ? name : name.substr(slash + 1);
}

}  // namespace

void ListedUrls::Add(const std::string& url) {
  urls_[std::string(LastComponent(url))].insert(url);
}

std::vector<std::string> ListedUrls::Named(absl::string_view name) const {
  const auto alike = urls_.find(LastComponent(name));
  if (alike == urls_.end()) return {};
  if (alike->second.contains(std::string(name))) return {std::string(name)};
  const bool is_url = absl::StrContains(name, "://");
  while (absl::ConsumePrefix(&name, "./")) {
  }
  const std::string suffix = absl::StrCat("/", name);
  std::vector<std::string> named;
  for (const std::string& url : alike->second) {
    const absl::string_view rest = WithoutScheme(url);
    const bool matches = is_url ? rest == WithoutScheme(name)
                                : rest == name || absl::EndsWith(rest, suffix);
    if (matches) named.push_back(url);
  }
  return named;
}

}  // namespace kso::release_file
