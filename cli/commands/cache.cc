// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include "cli/commands/commands.h"
#include "cli/commands/matching_workers.h"
#include "cli/render/text.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// The caches of the workers: files, blobs and layers that they fetched and
// made. Each evicts what it has not used for longest when its disk is wanted,
// so nothing has to be done about it.
class Cache : public Command {
 public:
  explicit Cache(Arguments arguments)
      : du_(arguments.Subcommand(
            "du", "Say how much the workers' caches take, and what is free.")) {
    arguments.RequireSubcommand();
    du_.Option("--worker", &pattern_, "WORKER",
               "Only this one; '*' stands for any run of characters.");
    du_.Example("ksoctl cache du", "Each worker's cache and disk.");
    du_.Example("ksoctl cache du --worker 'arm-*'", "Of some of them.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const v1::ListWorkersResponse workers,
                         context.coordinator->ListWorkers());
    std::vector<std::string> names;
    if (!pattern_.empty()) {
      KSO_ASSIGN_OR_RETURN(names, MatchingWorkers(workers, {pattern_}));
    }
    nlohmann::ordered_json json = {
        {"cacheBytes", 0}, {"workers", nlohmann::ordered_json::array()}};
    Rows rows = {{"WORKER", "CACHE", "DISK FREE"}};
    int64_t all = 0;
    for (const v1::WorkerStatus& worker : workers.workers()) {
      const v1::WorkerInfo& info = worker.info();
      if (!pattern_.empty() &&
          std::find(names.begin(), names.end(), info.name()) == names.end()) {
        continue;
      }
      all = SaturatingAdd(all, info.cache_bytes());
      rows.push_back({Printable(info.name()), FormatBytes(info.cache_bytes()),
                      FormatBytes(info.disk_free_bytes())});
      json["workers"].push_back({{"name", info.name()},
                                 {"cacheBytes", info.cache_bytes()},
                                 {"diskFreeBytes", info.disk_free_bytes()}});
    }
    json["cacheBytes"] = all;
    rows.push_back({"all", FormatBytes(all)});
    context.PrintJsonOr(json, FormatTable(rows));
    return ExitStatus::kDone;
  }

 private:
  Arguments du_;
  std::string pattern_;
};

}  // namespace

std::unique_ptr<Command> CreateCache(Arguments arguments) {
  return std::make_unique<Cache>(arguments);
}

}  // namespace kso::cli
