// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/release.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <exception>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kso::upstream {
namespace {

// Appends the first field of every line that is not blank or a comment, unless
// it is there already.
absl::Status ReadList(const std::string& path,
                      std::vector<std::string>& entries) {
  std::ifstream file(path);
  if (!file) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> fields =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (fields.empty() || fields[0][0] == '#') continue;
    if (std::find(entries.begin(), entries.end(), fields[0]) == entries.end()) {
      entries.push_back(fields[0]);
    }
  }
  return absl::OkStatus();
}

// yaml-cpp reports by exceptions; the caller turns them into a status.
Release ParseYaml(const std::string& directory) {
  const YAML::Node yaml = YAML::LoadFile(directory + "/release.yaml");
  Release release;
  release.directory = directory;
  for (const auto& list : yaml["files"]["lists"]) {
    release.file_lists[list.first.as<std::string>()] =
        list.second.as<std::string>();
  }
  release.files_base = yaml["files"]["base"].as<std::string>();
  release.image_list = yaml["images"]["list"].as<std::string>();
  release.images_base = yaml["images"]["base"].as<std::string>();
  if (const YAML::Node missing = yaml["images"]["missingPlatform"]) {
    for (const auto& pattern : missing["allow"]) {
      release.amd64_only.push_back(pattern.as<std::string>());
    }
  }
  return release;
}

}  // namespace

absl::StatusOr<Release> ReadRelease(const std::string& directory) {
  Release release;
  try {
    release = ParseYaml(directory);
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(directory, "/release.yaml: ", error.what()));
  }
  for (const auto& [architecture, list] : release.file_lists) {
    const absl::Status read =
        ReadList(absl::StrCat(directory, "/", list), release.files);
    if (!read.ok()) return read;
  }
  const absl::Status read = ReadList(
      absl::StrCat(directory, "/", release.image_list), release.images);
  if (!read.ok()) return read;
  return release;
}

absl::StatusOr<ImageName> ParseImageName(std::string_view reference) {
  const size_t slash = reference.find('/');
  const size_t colon = reference.rfind(':');
  if (slash == reference.npos || colon == reference.npos || colon < slash ||
      colon + 1 == reference.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        std::string(reference),
        ": expected HOST/REPOSITORY:TAG, as Kubespray's lists have it"));
  }
  return ImageName{std::string(reference.substr(0, colon)),
                   std::string(reference.substr(colon + 1))};
}

std::string_view WithoutScheme(std::string_view url) {
  const size_t scheme = url.find("://");
  return scheme == url.npos ? url : url.substr(scheme + 3);
}

std::string HostOf(std::string_view url_or_reference) {
  const std::string_view rest = WithoutScheme(url_or_reference);
  return std::string(rest.substr(0, rest.find('/')));
}

bool MatchesAny(const std::vector<std::string>& patterns,
                std::string_view reference) {
  for (std::string_view pattern : patterns) {
    const bool prefix = !pattern.empty() && pattern.back() == '*';
    if (prefix) pattern.remove_suffix(1);
    const std::string_view compared =
        prefix ? reference.substr(0, pattern.size()) : reference;
    if (compared == pattern) return true;
  }
  return false;
}

}  // namespace kso::upstream
