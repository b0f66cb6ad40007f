// SPDX-License-Identifier: Apache-2.0
#include "common/release/check_content.h"

#include <algorithm>
#include <set>
#include <string>

#include "common/base/strings.h"
#include "common/http/url.h"
#include "common/release/image_patterns.h"

namespace kso::release {
namespace {

// Returns whether a pattern begins with the scheme and the whole host of a URL,
// so that it cannot match files that its author has not thought of.
bool NamesHost(std::string_view pattern) {
  std::string_view rest = pattern;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return false;
  }
  const size_t slash = rest.find('/');
  return slash != std::string_view::npos && slash > 0 &&
         rest.substr(0, slash).find('*') == std::string_view::npos;
}

void CheckWaivers(const v1::Release& release, std::vector<Problem>& problems) {
  for (int i = 0; i < release.waivers_size(); ++i) {
    const std::string& pattern = release.waivers(i).url();
    const auto add = [&](std::string reason, std::string advice) {
      problems.push_back({Field::kWaivers,
                          i,
                          "files.waive",
                          {std::move(reason), std::move(advice)}});
    };
    if (!NamesHost(pattern)) {
      add(Concat("'files.waive': '", pattern, "' names no file"),
          "write the file's URL, with its host; in its path, * stands for any "
          "run of characters");
    } else if (std::none_of(release.files().begin(), release.files().end(),
                            [&](const v1::FileRequest& file) {
                              return MatchesGlob(pattern, file.url());
                            })) {
      add(Concat("'files.waive': '", pattern, "' matches no file of the lists"),
          "drop it, or correct it: it has a typing error, or the list has "
          "changed");
    }
  }
}

void CheckHashes(const v1::Release& release, std::vector<Problem>& problems) {
  if (!release.require_hashes()) return;
  std::set<std::string_view> stated;
  for (const v1::FileRequest& file : release.files()) {
    if (!file.digest().empty()) stated.insert(file.url());
  }
  for (int i = 0; i < release.files_size(); ++i) {
    const std::string& url = release.files(i).url();
    // A URL of several lists is named once.
    if (!stated.insert(url).second || FindWaiver(release, url) != nullptr) {
      continue;
    }
    problems.push_back(
        {Field::kFiles,
         i,
         http::DisplayUrl(url),
         {"has no checksum, and 'files.requireHashes' wants one of each file",
          "write sha256:HEX or sha512:HEX after it, add it to a file of "
          "'files.checksums', or name it in 'files.waive'"}});
  }
}

}  // namespace

const v1::Waiver* FindWaiver(const v1::Release& release, std::string_view url) {
  for (const v1::Waiver& waiver : release.waivers()) {
    if (MatchesGlob(waiver.url(), url)) return &waiver;
  }
  return nullptr;
}

bool MayBeOtherArchitecture(const v1::Release& release, std::string_view url) {
  return std::any_of(
      release.other_architecture().begin(), release.other_architecture().end(),
      [&](const std::string& pattern) { return MatchesGlob(pattern, url); });
}

void CheckContentRules(const v1::Release& release,
                       std::vector<Problem>& problems) {
  CheckWaivers(release, problems);
  CheckHashes(release, problems);
}

}  // namespace kso::release
