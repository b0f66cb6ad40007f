// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/carry/byte_size.h"
#include "cli/commands/farm/farm_commands.h"
#include "cli/commands/farm/matching_workers.h"
#include "cli/duration_option.h"
#include "cli/render/text.h"
#include "common/base/proto_time.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/text/text.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// A call waits so long for a worker, and is made again.
constexpr absl::Duration kWait = absl::Seconds(20);
// A worker that has not pruned by then is left to itself.
constexpr absl::Duration kPatience = absl::Minutes(10);

// The caches of the workers: files, blobs and layers that they fetched and
// made. Each evicts what it has not used for longest when its disk is wanted,
// so nothing has to be done about it; but a disk may be wanted for something
// else.
class Cache : public Command {
 public:
  explicit Cache(Arguments arguments)
      : du_(arguments.Subcommand(
            "du", "Say how much the workers' caches take, and what is free.")),
        prune_(arguments.Subcommand(
            "prune", "Have workers delete what they keep and do not use.")) {
    arguments.RequireSubcommand();
    for (Arguments* subcommand : {&du_, &prune_}) {
      subcommand->Repeated("--worker", &patterns_, "WORKER",
                           "Only this one; '*' stands for any run of "
                           "characters. Again for another.");
    }
    du_.Example("ksoctl cache du", "Each worker's cache and disk.");
    du_.Example("ksoctl cache du --worker 'arm-*'", "Of some of them.");
    prune_.Option("--older-than", &older_than_, "DURATION",
                  "Delete what was last used longer ago: 72h, 90m.");
    prune_.Option("--max", &max_, "SIZE",
                  "Keep at most so much, such as 20GiB; what was not used for "
                  "longest goes.");
    prune_.Option("--keep-free", &keep_free_, "SIZE",
                  "Delete until so much of the disk is free.");
    prune_.Example("ksoctl cache prune",
                   "Everything, on all workers, that no task uses now.");
    prune_.Example("ksoctl cache prune --worker build-2 --max 20GiB",
                   "What one worker keeps beyond 20 GiB.");
    prune_.Example("ksoctl cache prune --older-than 168h --keep-free 50GiB",
                   "What was not used for a week, and more where the disk "
                   "needs it.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const v1::CachePruning limits, Limits());
    KSO_ASSIGN_OR_RETURN(const v1::ListWorkersResponse workers,
                         context.coordinator->ListWorkers());
    KSO_ASSIGN_OR_RETURN(const std::vector<std::string> names, Named(workers));
    if (prune_.Chosen()) return Prune(context, limits, names, Lost(workers));
    PrintUsage(context, workers, names);
    return ExitStatus::kDone;
  }

 private:
  absl::StatusOr<std::vector<std::string>> Named(
      const v1::ListWorkersResponse& workers) const {
    if (!patterns_.empty()) return MatchingWorkers(workers, patterns_);
    std::vector<std::string> all;
    for (const v1::WorkerStatus& worker : workers.workers()) {
      all.push_back(worker.info().name());
    }
    return all;
  }

  static std::set<std::string> Lost(const v1::ListWorkersResponse& workers) {
    std::set<std::string> lost;
    for (const v1::WorkerStatus& worker : workers.workers()) {
      if (worker.state() == v1::WorkerStatus::LOST) {
        lost.insert(worker.info().name());
      }
    }
    return lost;
  }

  static void PrintUsage(Context& context,
                         const v1::ListWorkersResponse& workers,
                         const std::vector<std::string>& names) {
    nlohmann::ordered_json json = {
        {"cacheBytes", 0}, {"workers", nlohmann::ordered_json::array()}};
    Rows rows = {{"WORKER", "CACHE", "DISK FREE"}};
    int64_t all = 0;
    for (const v1::WorkerStatus& worker : workers.workers()) {
      const v1::WorkerInfo& info = worker.info();
      if (std::find(names.begin(), names.end(), info.name()) == names.end()) {
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
  }

  absl::StatusOr<v1::CachePruning> Limits() const {
    v1::CachePruning pruning;
    if (!older_than_.empty()) {
      KSO_ASSIGN_OR_RETURN(const absl::Duration age,
                           ParseDurationOption("--older-than", older_than_));
      *pruning.mutable_older_than() = ToProto(age);
    }
    if (!max_.empty()) {
      KSO_ASSIGN_OR_RETURN(const int64_t bytes, ParseByteSize("--max", max_));
      pruning.set_keep_bytes(bytes);
    }
    if (!keep_free_.empty()) {
      KSO_ASSIGN_OR_RETURN(const int64_t bytes,
                           ParseByteSize("--keep-free", keep_free_));
      pruning.set_free_bytes(bytes);
    }
    return pruning;
  }

  // Gives the order to all of them, then waits for one after the other, but for
  // those that are not there.
  absl::StatusOr<ExitStatus> Prune(Context& context,
                                   const v1::CachePruning& limits,
                                   const std::vector<std::string>& names,
                                   const std::set<std::string>& lost) const {
    v1::PruneCacheRequest request;
    *request.mutable_pruning() = limits;
    request.set_order_id(RandomHex(32));
    std::vector<absl::Status> ordered;
    for (const std::string& name : names) {
      request.set_worker(name);
      ordered.push_back(context.coordinator->PruneCache(request).status());
      // A worker that cannot do it is no reason to spare the others.
      if (!absl::IsFailedPrecondition(ordered.back())) {
        KSO_RETURN_IF_ERROR(ordered.back());
      }
    }
    nlohmann::ordered_json json = {
        {"freedBytes", 0}, {"workers", nlohmann::ordered_json::array()}};
    Rows rows = {{"WORKER", "FREED", "LEFT"}};
    int64_t all = 0;
    bool good = true;
    for (size_t i = 0; i < names.size(); ++i) {
      v1::PruneReport report;
      report.set_error(std::string(ordered[i].message()));
      if (ordered[i].ok() && lost.contains(names[i])) {
        report.set_error("it is not there, and prunes when it comes back");
      } else if (ordered[i].ok()) {
        KSO_ASSIGN_OR_RETURN(report,
                             Await(context, names[i], request.order_id()));
      }
      good &= report.done() && report.error().empty();
      all = SaturatingAdd(all, report.freed_bytes());
      rows.push_back({Printable(names[i]), FormatBytes(report.freed_bytes()),
                      FormatBytes(report.left_bytes()),
                      Printable(report.error())});
      json["workers"].push_back({{"name", names[i]},
                                 {"done", report.done()},
                                 {"freedBytes", report.freed_bytes()},
                                 {"leftBytes", report.left_bytes()},
                                 {"error", report.error()}});
    }
    json["freedBytes"] = all;
    rows.push_back({"all", FormatBytes(all)});
    context.PrintJsonOr(json, FormatTable(rows));
    return good ? ExitStatus::kDone : ExitStatus::kFailed;
  }

  static absl::StatusOr<v1::PruneReport> Await(Context& context,
                                               const std::string& worker,
                                               const std::string& order_id) {
    const absl::Time deadline = context.clock->Now() + kPatience;
    v1::PruneCacheRequest request;
    request.set_worker(worker);
    request.set_order_id(order_id);
    *request.mutable_wait() = ToProto(kWait);
    while (true) {
      absl::StatusOr<v1::PruneCacheResponse> response =
          context.coordinator->PruneCache(request);
      KSO_RETURN_IF_ERROR(response.status());
      if (response->report().done()) return response->report();
      if (context.clock->Now() >= deadline) {
        response->mutable_report()->set_error(
            "it has not reported an end; `ksoctl workers` says whether it is "
            "there");
        return response->report();
      }
    }
  }

  Arguments du_;
  Arguments prune_;
  std::vector<std::string> patterns_;
  std::string older_than_;
  std::string max_;
  std::string keep_free_;
};

}  // namespace

std::unique_ptr<Command> CreateCache(Arguments arguments) {
  return std::make_unique<Cache>(arguments);
}

}  // namespace kso::cli
