// SPDX-License-Identifier: Apache-2.0
#include "cli/init/example_releases.h"

#include <system_error>

#include "absl/strings/match.h"

namespace kso::cli {
namespace {

constexpr char kPrefix[] = "kubespray-";

void AddFrom(const std::filesystem::path& directory,
             std::map<std::string, std::filesystem::path>& releases) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (absl::StartsWith(name, kPrefix) &&
        std::filesystem::is_regular_file(entry->path() / "release.yaml",
                                         ignored)) {
      releases.try_emplace(name.substr(sizeof(kPrefix) - 1), entry->path());
    }
  }
}

}  // namespace

std::map<std::string, std::filesystem::path> ExampleReleases(
    const std::filesystem::path& self) {
  std::map<std::string, std::filesystem::path> releases;
  for (std::filesystem::path above = self.parent_path();;
       above = above.parent_path()) {
    AddFrom(above / "share/kso/releases", releases);
    AddFrom(above / "deploy/releases", releases);
    if (above == above.parent_path()) break;
  }
  return releases;
}

}  // namespace kso::cli
