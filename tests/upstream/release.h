// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_RELEASE_H_
#define KSO_TESTS_UPSTREAM_RELEASE_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace kso::upstream {

// The parts of a release directory that the stand-in has to know.
struct Release {
  std::string directory;
  // File names relative to `directory`, as release.yaml gives them.
  std::map<std::string, std::string> file_lists;  // by architecture
  std::string image_list;

  std::vector<std::string> files;   // URLs, each once, in the lists' order
  std::vector<std::string> images;  // references, each once
  std::string files_base;
  std::string images_base;
  // The patterns of images that may lack a platform. Here they do lack it.
  std::vector<std::string> amd64_only;
};

absl::StatusOr<Release> ReadRelease(const std::string& directory);

// A name of an image, split: "docker.io/library/nginx:1.25.2-alpine" is
// repository "docker.io/library/nginx" and tag "1.25.2-alpine".
struct ImageName {
  std::string repository;
  std::string tag;
};
absl::StatusOr<ImageName> ParseImageName(std::string_view reference);

// The host that a URL or an image reference starts with.
std::string HostOf(std::string_view url_or_reference);

// "https://host/path" without its scheme.
std::string_view WithoutScheme(std::string_view url);

// Returns whether one of the patterns matches; a trailing "*" matches anything.
bool MatchesAny(const std::vector<std::string>& patterns,
                std::string_view reference);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_RELEASE_H_
