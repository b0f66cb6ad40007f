// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/farm/matching_workers.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "common/release/image_patterns.h"

namespace kso::cli {

absl::StatusOr<std::vector<std::string>> MatchingWorkers(
    const v1::ListWorkersResponse& workers,
    const std::vector<std::string>& patterns) {
  std::set<std::string> chosen;
  for (const std::string& pattern : patterns) {
    bool found = false;
    for (const v1::WorkerStatus& worker : workers.workers()) {
      if (!release::MatchesGlob(pattern, worker.info().name())) continue;
      chosen.insert(worker.info().name());
      found = true;
    }
    if (!found) {
      return absl::NotFoundError(absl::StrCat(
          "no worker is called '", pattern, "'; `ksoctl workers` lists them"));
    }
  }
  std::vector<std::string> names;
  for (const v1::WorkerStatus& worker : workers.workers()) {
    if (chosen.count(worker.info().name()) > 0) {
      names.push_back(worker.info().name());
    }
  }
  return names;
}

}  // namespace kso::cli
