// SPDX-License-Identifier: Apache-2.0
// Lives through histories of a small farm with faults, and says which of them
// broke an invariant.

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "tests/fault/history.h"
#include "tests/fault/hostile_history.h"

namespace {

using kso::testing::HistoryReport;
using kso::testing::HostileReport;
using kso::testing::RunHistory;
using kso::testing::RunHostileHistory;

int RunOne(uint64_t seed) {
  const HistoryReport report = RunHistory({.seed = seed, .keep_story = true});
  for (const std::string& line : report.story) std::puts(line.c_str());
  std::printf("%d of %d builds succeeded, %d tasks were done\n",
              report.succeeded, report.builds, report.tasks_finished);
  for (const std::string& broken : report.broken) {
    std::printf("broken: %s\n", broken.c_str());
  }
  return report.broken.empty() ? 0 : 1;
}

// Histories whose hosts are hostile, on the files of a directory.
int RunHostile(uint64_t from, uint64_t to, bool tell) {
  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() /
      ("kso-hostile-" + std::to_string(getpid()));
  int failed = 0;
  for (uint64_t seed = from; seed <= to; ++seed) {
    const HostileReport report = RunHostileHistory(seed, directory);
    for (const std::string& failure : report.failures) {
      if (tell) std::printf("failure: %s\n", failure.c_str());
    }
    for (const std::string& broken : report.broken) {
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
                  broken.c_str());
    }
    if (!report.broken.empty()) ++failed;
    std::fflush(stdout);
  }
  std::printf("%llu hostile histories, %d broke an invariant\n",
              static_cast<unsigned long long>(to - from + 1), failed);
  return failed == 0 ? 0 : 1;
}

int RunMany(uint64_t from, uint64_t to) {
  int failed = 0;
  for (uint64_t seed = from; seed <= to; ++seed) {
    const HistoryReport report = RunHistory({.seed = seed});
    if (report.broken.empty()) continue;
    ++failed;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
                report.broken.front().c_str());
    std::fflush(stdout);
  }
  std::printf("%llu histories, %d broke an invariant\n",
              static_cast<unsigned long long>(to - from + 1), failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Lives through histories of a small farm with faults, one for each seed, "
      "and says which of them broke an invariant.");
  uint64_t seed = 0;
  std::string seeds = "1-1000";
  CLI::Option* one =
      app.add_option("--seed", seed, "Tell the story of one history");
  app.add_option("--seeds", seeds, "Seeds to try")
      ->type_name("FROM-TO")
      ->capture_default_str();
  bool hostile = false;
  app.add_flag("--hostile", hostile,
               "Take histories in which hosts and registries are hostile");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (one->count() > 0) {
    return hostile ? RunHostile(seed, seed, /*tell=*/true) : RunOne(seed);
  }
  char* rest = nullptr;
  const uint64_t from = std::strtoull(seeds.c_str(), &rest, 10);
  const uint64_t to = *rest == '-' ? std::strtoull(rest + 1, &rest, 10) : 0;
  if (*rest != '\0' || from == 0 || to < from) {
    std::fprintf(stderr, "--seeds is FROM-TO, as in 1-1000\n");
    return 2;
  }
  return hostile ? RunHostile(from, to, /*tell=*/false) : RunMany(from, to);
}
