// SPDX-License-Identifier: Apache-2.0
#include "cli/farm/programs.h"

#include <unistd.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kso::cli {
namespace {

bool IsProgram(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) &&
         access(path.c_str(), X_OK) == 0;
}

}  // namespace

absl::StatusOr<std::filesystem::path> FindProgram(
    const std::filesystem::path& self, absl::string_view directory,
    absl::string_view name, absl::string_view search_path) {
  const std::filesystem::path here = self.parent_path();
  const std::string program(name);
  std::vector<std::filesystem::path> candidates = {
      here / program, here.parent_path() / std::string(directory) / program};
  for (const absl::string_view part :
       absl::StrSplit(search_path, ':', absl::SkipEmpty())) {
    // A relative directory would mean another file to the daemon.
    if (part[0] == '/') {
      candidates.push_back(std::filesystem::path(std::string(part)) / program);
    }
  }
  for (const std::filesystem::path& candidate : candidates) {
    if (IsProgram(candidate)) return candidate;
  }
  return absl::NotFoundError(
      absl::StrCat(name, " is neither in ", here.string(), " nor in ",
                   candidates[1].parent_path().string(),
                   " nor on $PATH; install it beside ksoctl, or build it"));
}

absl::StatusOr<std::filesystem::path> SelfPath() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    return absl::FailedPreconditionError(
        "/proc is not mounted, so ksoctl cannot find its other programs");
  }
  return path;
}

}  // namespace kso::cli
