// SPDX-License-Identifier: Apache-2.0
#include "tests/scale/measure.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "tests/scale/coordinator_process.h"
#include "tests/scale/fleet.h"

namespace kso::scale {
namespace {

constexpr absl::Duration kLongestRun = absl::Minutes(15);
// By then all workers have connected and parked a call.
constexpr absl::Duration kIdleSettles = absl::Seconds(15);
// By then a coordinator has given back the memory of builds that have ended.
constexpr absl::Duration kMemorySettles = absl::Seconds(2);

absl::StatusOr<std::unique_ptr<CoordinatorProcess>> StartEmpty(
    const Setup& setup, const std::vector<std::string>& more = {}) {
  std::filesystem::remove_all(setup.directory);
  return CoordinatorProcess::Start(setup.coordinator, setup.directory, more);
}

// Null in plain text.
absl::StatusOr<std::unique_ptr<FarmCertificates>> CertificatesOf(
    const Setup& setup) {
  if (!setup.tls) return nullptr;
  // Beside the directory, which is emptied.
  std::filesystem::path directory = setup.directory;
  directory += "-certificates";
  std::filesystem::remove_all(directory);
  return FarmCertificates::Create(directory);
}

absl::Duration Percentile(const std::vector<absl::Duration>& sorted,
                          double part) {
  if (sorted.empty()) return absl::ZeroDuration();
  const auto at =
      static_cast<size_t>(part * static_cast<double>(sorted.size()));
  return sorted[std::min(at, sorted.size() - 1)];
}

}  // namespace

absl::StatusOr<IdleFigures> MeasureIdle(const Setup& setup, int workers,
                                        absl::Duration duration) {
  KSO_ASSIGN_OR_RETURN(const auto coordinator, StartEmpty(setup));
  const int64_t memory = coordinator->MemoryBytes();
  Fleet fleet({.coordinator = coordinator->address(),
               .workers = workers,
               .connections = workers});
  absl::SleepFor(kIdleSettles);
  const absl::Duration before = coordinator->CpuTime();
  absl::SleepFor(duration);
  IdleFigures figures;
  figures.processor_share =
      absl::FDivDuration(coordinator->CpuTime() - before, duration);
  figures.bytes_a_worker = (coordinator->MemoryBytes() - memory) / workers;
  return figures;
}

absl::StatusOr<DispatchFigures> MeasureDispatch(const Setup& setup,
                                                const FleetShape& shape,
                                                int builds, int tasks) {
  KSO_ASSIGN_OR_RETURN(const auto certificates, CertificatesOf(setup));
  const std::vector<std::string> more =
      certificates ? certificates->CoordinatorArguments()
                   : std::vector<std::string>();
  KSO_ASSIGN_OR_RETURN(auto coordinator, StartEmpty(setup, more));
  const int files = tasks / builds;
  DispatchFigures figures;
  figures.tasks = files * builds;
  const int64_t empty = coordinator->MemoryBytes();
  KSO_RETURN_IF_ERROR(
      SubmitBuilds(coordinator->address(), builds, files, certificates.get()));
  figures.bytes_queued = coordinator->MemoryBytes() - empty;
  const absl::Duration cpu = coordinator->CpuTime();
  {
    Fleet fleet({.coordinator = coordinator->address(),
                 .workers = shape.workers,
                 .slots = shape.slots,
                 .connections = shape.connections,
                 .certificates = certificates.get()});
    Tally& tally = fleet.tally();
    // The tasks of the files but for the last of each build, and the base
    // image, which all builds share.
    KSO_RETURN_IF_ERROR(
        tally.AwaitFinished(figures.tasks - builds + 1, kLongestRun));
    figures.processor_time_a_task =
        (coordinator->CpuTime() - cpu) / figures.tasks;
    figures.dispatches_a_second =
        figures.tasks /
        absl::ToDoubleSeconds(tally.last_grant() - tally.first_grant());
    const std::vector<absl::Duration> waits = tally.Waits();
    figures.median_wait = Percentile(waits, 0.5);
    figures.wait_of_99_percent = Percentile(waits, 0.99);
    figures.bytes_finished = coordinator->MemoryBytes() - empty;
    figures.journal_bytes = coordinator->StateBytes();
    fleet.FinishLast();
    KSO_RETURN_IF_ERROR(tally.AwaitFinished(figures.tasks + 1, kLongestRun));
    absl::SleepFor(kMemorySettles);
    figures.bytes_ended = coordinator->MemoryBytes() - empty;
  }
  coordinator.reset();
  KSO_ASSIGN_OR_RETURN(
      coordinator,
      CoordinatorProcess::Start(setup.coordinator, setup.directory, more));
  figures.restart = coordinator->start_took();
  coordinator.reset();
  std::filesystem::remove_all(setup.directory);
  return figures;
}

}  // namespace kso::scale
