// kso-scale: how large a farm one kso-coordinator carries.

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "tests/scale/coordinator_process.h"
#include "tests/scale/fleet.h"

namespace kso::scale {
namespace {

constexpr absl::Duration kLongestRun = absl::Minutes(15);

struct Options {
  std::string coordinator;
  std::string directory;
  std::vector<int> tasks = {1'000, 10'000, 100'000};
  int builds = 50;
  int workers = 64;
  int slots = 1;
  int connections = 8;
  int idle_workers = 5'000;
  int idle_seconds = 30;
};

double Milliseconds(const std::vector<absl::Duration>& sorted, double part) {
  if (sorted.empty()) return 0;
  const auto at =
      static_cast<size_t>(part * static_cast<double>(sorted.size()));
  return absl::ToDoubleMilliseconds(sorted[std::min(at, sorted.size() - 1)]);
}

// An empty directory.
std::filesystem::path Fresh(const Options& options, const std::string& name) {
  const std::filesystem::path directory =
      std::filesystem::path(options.directory) / name;
  std::filesystem::remove_all(directory);
  return directory;
}

// Each connection is a file descriptor here, and one there.
void AllowManyConnections() {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

absl::Status MeasureIdle(const Options& options) {
  KSO_ASSIGN_OR_RETURN(
      const auto coordinator,
      CoordinatorProcess::Start(options.coordinator, Fresh(options, "idle")));
  const int64_t memory = coordinator->MemoryBytes();
  Fleet fleet({.coordinator = coordinator->address(),
               .workers = options.idle_workers,
               .connections = options.idle_workers});
  // All have connected and parked a call at least once by then.
  absl::SleepFor(absl::Seconds(20));
  const absl::Duration before = coordinator->CpuTime();
  absl::SleepFor(absl::Seconds(options.idle_seconds));
  const absl::Duration used = coordinator->CpuTime() - before;
  std::printf(
      "%d connected workers without work, a connection each, for %d s:\n"
      "  %.1f %% of one core, %.0f KiB of memory a worker\n\n",
      options.idle_workers, options.idle_seconds,
      100 * absl::ToDoubleSeconds(used) / options.idle_seconds,
      static_cast<double>(coordinator->MemoryBytes() - memory) / 1024 /
          options.idle_workers);
  std::fflush(stdout);
  return absl::OkStatus();
}

absl::Status MeasureDispatch(const Options& options, int tasks) {
  const std::filesystem::path directory =
      Fresh(options, absl::StrCat("dispatch-", tasks));
  KSO_ASSIGN_OR_RETURN(auto coordinator, CoordinatorProcess::Start(
                                             options.coordinator, directory));
  const int files = tasks / options.builds;
  const int all = files * options.builds;
  const int64_t memory = coordinator->MemoryBytes();
  KSO_RETURN_IF_ERROR(
      SubmitBuilds(coordinator->address(), options.builds, files));
  const int64_t queued = coordinator->MemoryBytes() - memory;
  Fleet fleet({.coordinator = coordinator->address(),
               .workers = options.workers,
               .slots = options.slots,
               .connections = options.connections});
  Tally& tally = fleet.tally();
  const absl::Duration cpu = coordinator->CpuTime();
  // The tasks of the files but for the last of each build, and the base image,
  // which all builds share.
  KSO_RETURN_IF_ERROR(
      tally.AwaitFinished(all - options.builds + 1, kLongestRun));
  const absl::Duration used = coordinator->CpuTime() - cpu;
  const absl::Duration took = tally.last_grant() - tally.first_grant();
  const std::vector<absl::Duration> waits = tally.Waits();
  const int64_t finished = coordinator->MemoryBytes() - memory;
  const int64_t state = coordinator->StateBytes();
  fleet.FinishLast();
  KSO_RETURN_IF_ERROR(tally.AwaitFinished(all + 1, kLongestRun));
  const int64_t ended = coordinator->MemoryBytes() - memory;
  coordinator.reset();
  KSO_ASSIGN_OR_RETURN(
      coordinator, CoordinatorProcess::Start(options.coordinator, directory));
  std::printf(
      "| %d | %.0f | %.1f | %.1f | %.0f | %.0f | %.0f | %.0f | %.0f | %.1f | "
      "%.1f |\n",
      all, all / absl::ToDoubleSeconds(took), Milliseconds(waits, 0.5),
      Milliseconds(waits, 0.99), absl::ToDoubleMicroseconds(used) / all,
      static_cast<double>(queued) / all, static_cast<double>(finished) / all,
      static_cast<double>(ended) / all, static_cast<double>(state) / all,
      absl::ToDoubleSeconds(took),
      absl::ToDoubleSeconds(coordinator->start_took()));
  std::fflush(stdout);
  coordinator.reset();
  std::filesystem::remove_all(directory);
  return absl::OkStatus();
}

absl::Status Measure(const Options& options) {
  AllowManyConnections();
  std::printf(
      "%u processors; %d workers of %d slots over %d connections; %d "
      "builds; journal in %s\n\n",
      std::thread::hardware_concurrency(), options.workers, options.slots,
      options.connections, options.builds, options.directory.c_str());
  if (options.idle_workers > 0) KSO_RETURN_IF_ERROR(MeasureIdle(options));
  std::printf(
      "| tasks | dispatches/s | p50 ms | p99 ms | coordinator CPU us/task | "
      "B/task queued | B/task finished | B/task, builds ended | journal B/task "
      "| took s | restart s |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const int tasks : options.tasks) {
    KSO_RETURN_IF_ERROR(MeasureDispatch(options, tasks));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace kso::scale

int main(int argc, char** argv) {
  kso::scale::Options options;
  CLI::App app(
      "Measures how large a farm one kso-coordinator carries: a real one, its "
      "journal on disk, and simulated workers in this process that talk to it "
      "over loopback and whose tasks take no time.");
  app.add_option("--coordinator", options.coordinator, "The program to measure")
      ->type_name("FILE")
      ->required();
  app.add_option("--directory", options.directory,
                 "Where the coordinator's state goes; on the disk to measure")
      ->type_name("DIR")
      ->required();
  app.add_option("--tasks", options.tasks, "Numbers of tasks to try")
      ->type_name("N...")
      ->capture_default_str();
  app.add_option("--builds", options.builds, "Builds that share the tasks")
      ->capture_default_str();
  app.add_option("--workers", options.workers, "Workers that do the tasks")
      ->capture_default_str();
  app.add_option("--slots", options.slots, "Slots of each of them")
      ->capture_default_str();
  app.add_option("--connections", options.connections,
                 "Connections that they share")
      ->capture_default_str();
  app.add_option("--idle-workers", options.idle_workers,
                 "Workers without work, each with a connection; 0 leaves that "
                 "measurement out")
      ->capture_default_str();
  app.add_option("--idle-seconds", options.idle_seconds,
                 "How long to watch them")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = kso::scale::Measure(options);
  if (status.ok()) return EXIT_SUCCESS;
  std::fprintf(stderr, "kso-scale: %s\n",
               std::string(status.message()).c_str());
  return EXIT_FAILURE;
}
