// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_FARM_PROGRAMS_H_
#define KSO_CLI_FARM_PROGRAMS_H_

#include <filesystem>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kso::cli {

// Finds one of kso's other programs: beside `self`, then in the sibling
// directory `directory` (as Bazel lays them out), then on `search_path` (as
// $PATH). NOT_FOUND says where it was looked for.
absl::StatusOr<std::filesystem::path> FindProgram(
    const std::filesystem::path& self, absl::string_view directory,
    absl::string_view name, absl::string_view search_path);

// This program's own file.
absl::StatusOr<std::filesystem::path> SelfPath();

}  // namespace kso::cli

#endif  // KSO_CLI_FARM_PROGRAMS_H_
