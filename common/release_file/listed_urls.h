// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_FILE_LISTED_URLS_H_
#define KSO_COMMON_RELEASE_FILE_LISTED_URLS_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace kso::release_file {

// The URLs of a release's lists, as checksum files name them.
class ListedUrls {
 public:
  void Add(const std::string& url);

  // The URLs that a name of a checksum file may mean: the URL itself, whether
  // with http or https; else those that end with the name, which may be a bare
  // file name ("kubelet", "./kubelet") or have directories before it.
  std::vector<std::string> Named(absl::string_view name) const;

 private:
  // By the last component of their paths.
  std::map<std::string, std::set<std::string>, std::less<>> urls_;
};

}  // namespace kso::release_file

#endif  // KSO_COMMON_RELEASE_FILE_LISTED_URLS_H_
