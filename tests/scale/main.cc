// SPDX-License-Identifier: Apache-2.0
// kso-scale: how large a farm one kso-coordinator carries.

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/rpc/tls_files.h"
#include "common/run/lock_checks.h"
#include "tests/scale/measure.h"

namespace kso::scale {
namespace {

struct Options {
  Setup setup;
  std::vector<int> tasks = {1'000, 10'000, 100'000};
  std::string fleet = "64x2";
  std::vector<std::string> other_fleets = {"8x1",   "16x1", "32x1", "64x1",
                                           "128x1", "16x4", "32x4", "64x4"};
  int fleet_tasks = 40'000;
  int builds = 50;
  int connections = 8;
  int idle_workers = 5'000;
  int idle_seconds = 60;
};

// Each connection is a file descriptor here, and one there.
void AllowManyConnections() {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// From WORKERSxSLOTS.
absl::StatusOr<FleetShape> ParseFleet(const std::string& text,
                                      int connections) {
  const std::vector<std::string> parts = absl::StrSplit(text, 'x');
  FleetShape shape;
  shape.connections = connections;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &shape.workers) ||
      !absl::SimpleAtoi(parts[1], &shape.slots) || shape.workers < 1 ||
      shape.slots < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text, "\" is no fleet; write WORKERSxSLOTS, such as 64x2"));
  }
  return shape;
}

absl::Status PrintIdle(const Options& options) {
  KSO_ASSIGN_OR_RETURN(const IdleFigures figures,
                       MeasureIdle(options.setup, options.idle_workers,
                                   absl::Seconds(options.idle_seconds)));
  std::printf(
      "%d connected workers without work, a connection each, for %d s:\n"
      "%.1f %% of one core, %.0f KiB of memory a worker\n\n",
      options.idle_workers, options.idle_seconds, 100 * figures.processor_share,
      static_cast<double>(figures.bytes_a_worker) / 1024);
  std::fflush(stdout);
  return absl::OkStatus();
}

constexpr char kDispatchColumns[] =
    "dispatches/s | wait p50 ms | wait p99 ms | coordinator CPU us/task";
constexpr char kDispatchRule[] = "---|---|---|---|";

void PrintDispatch(const DispatchFigures& figures) {
  std::printf(" %.0f | %.1f | %.1f | %.0f |", figures.dispatches_a_second,
              absl::ToDoubleMilliseconds(figures.median_wait),
              absl::ToDoubleMilliseconds(figures.wait_of_99_percent),
              absl::ToDoubleMicroseconds(figures.processor_time_a_task));
}

double PerTask(int64_t bytes, const DispatchFigures& figures) {
  return static_cast<double>(bytes) / figures.tasks;
}

void PrintMemory(const std::vector<DispatchFigures>& growth) {
  std::printf(
      "\n| tasks | B/task queued | B/task finished | B/task, builds ended |\n"
      "|---|---|---|---|\n");
  for (const DispatchFigures& figures : growth) {
    std::printf("| %d | %.0f | %.0f | %.0f |\n", figures.tasks,
                PerTask(figures.bytes_queued, figures),
                PerTask(figures.bytes_finished, figures),
                PerTask(figures.bytes_ended, figures));
  }
  for (size_t i = 1; i < growth.size(); ++i) {
    const DispatchFigures& less = growth[i - 1];
    const DispatchFigures& more = growth[i];
    const auto further = [&](int64_t a, int64_t b) {
      return static_cast<double>(b - a) / (more.tasks - less.tasks);
    };
    std::printf(
        "Each task more, from %d to %d: %.0f B queued, %.0f B finished, "
        "%.0f B with its build ended.\n",
        less.tasks, more.tasks, further(less.bytes_queued, more.bytes_queued),
        further(less.bytes_finished, more.bytes_finished),
        further(less.bytes_ended, more.bytes_ended));
  }
}

absl::Status PrintGrowth(const Options& options) {
  KSO_ASSIGN_OR_RETURN(const FleetShape shape,
                       ParseFleet(options.fleet, options.connections));
  std::printf(
      "Fleet %s:\n\n| tasks | %s | journal B/task | restart s |\n|---|%s"
      "---|---|\n",
      options.fleet.c_str(), kDispatchColumns, kDispatchRule);
  std::vector<DispatchFigures> growth;
  for (const int tasks : options.tasks) {
    KSO_ASSIGN_OR_RETURN(
        growth.emplace_back(),
        MeasureDispatch(options.setup, shape, options.builds, tasks));
    std::printf("| %d |", growth.back().tasks);
    PrintDispatch(growth.back());
    std::printf(" %.0f | %.1f |\n",
                PerTask(growth.back().journal_bytes, growth.back()),
                absl::ToDoubleSeconds(growth.back().restart));
    std::fflush(stdout);
  }
  PrintMemory(growth);
  return absl::OkStatus();
}

absl::Status PrintOtherFleets(const Options& options) {
  std::printf("\n%d tasks:\n\n| fleet | %s |\n|---|%s\n", options.fleet_tasks,
              kDispatchColumns, kDispatchRule);
  for (const std::string& fleet : options.other_fleets) {
    KSO_ASSIGN_OR_RETURN(const FleetShape shape,
                         ParseFleet(fleet, options.connections));
    KSO_ASSIGN_OR_RETURN(const DispatchFigures figures,
                         MeasureDispatch(options.setup, shape, options.builds,
                                         options.fleet_tasks));
    std::printf("| %s |", fleet.c_str());
    PrintDispatch(figures);
    std::printf("\n");
    std::fflush(stdout);
  }
  return absl::OkStatus();
}

absl::Status Measure(const Options& options) {
  AllowManyConnections();
  std::printf(
      "%u processors; %d builds; a fleet is WORKERSxSLOTS, over %d "
      "connections; journal in %s\n\n",
      std::thread::hardware_concurrency(), options.builds, options.connections,
      options.setup.directory.c_str());
  if (options.idle_workers > 0) KSO_RETURN_IF_ERROR(PrintIdle(options));
  if (!options.tasks.empty()) KSO_RETURN_IF_ERROR(PrintGrowth(options));
  if (options.fleet_tasks > 0) KSO_RETURN_IF_ERROR(PrintOtherFleets(options));
  return absl::OkStatus();
}

}  // namespace
}  // namespace kso::scale

int main(int argc, char** argv) {
  kso::TurnOffLockChecks();
  kso::rpc::RequireTls13();
  kso::scale::Options options;
  CLI::App app(
      "Measures how large a farm one kso-coordinator carries: a real one, its "
      "journal on disk, and simulated workers in this process that talk to it "
      "over loopback and whose tasks take no time.");
  app.add_option("--coordinator", options.setup.coordinator,
                 "The program to measure")
      ->type_name("FILE")
      ->required();
  app.add_option("--directory", options.setup.directory,
                 "Where the coordinator's state goes; on the disk to measure. "
                 "What is in it is deleted")
      ->type_name("DIR")
      ->required();
  app.add_option("--tasks", options.tasks,
                 "Numbers of tasks by which to see what grows; 0 leaves that "
                 "out")
      ->type_name("N...")
      ->capture_default_str();
  app.add_option("--fleet", options.fleet, "Workers that do these")
      ->type_name("WORKERSxSLOTS")
      ->capture_default_str();
  app.add_option("--other-fleets", options.other_fleets,
                 "Fleets to compare it with")
      ->type_name("WORKERSxSLOTS...")
      ->capture_default_str();
  app.add_option("--fleet-tasks", options.fleet_tasks,
                 "Tasks that each of those does; 0 leaves that out")
      ->capture_default_str();
  app.add_option("--builds", options.builds, "Builds that share the tasks")
      ->capture_default_str();
  app.add_option("--connections", options.connections,
                 "Connections that the workers of a fleet share")
      ->capture_default_str();
  app.add_flag(
      "--tls", options.setup.tls,
      "Speak TLS, with a certificate for each worker of a fleet and so "
      "a connection each; idle workers go without");
  app.add_option("--idle-workers", options.idle_workers,
                 "Workers without work, each with a connection; 0 leaves that "
                 "out")
      ->capture_default_str();
  app.add_option("--idle-seconds", options.idle_seconds,
                 "How long to watch them")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::erase(options.tasks, 0);
  const absl::Status status = kso::scale::Measure(options);
  if (status.ok()) return EXIT_SUCCESS;
  std::fprintf(stderr, "kso-scale: %s\n",
               std::string(status.message()).c_str());
  return EXIT_FAILURE;
}
