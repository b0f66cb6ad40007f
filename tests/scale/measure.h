// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_SCALE_MEASURE_H_
#define KSO_TESTS_SCALE_MEASURE_H_

#include <cstdint>
#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kso::scale {

// The program that is measured, and the directory for its files.
struct Setup {
  // The program.
  std::string coordinator;
  // For its journal; what is in it goes.
  std::filesystem::path directory;
  // With TLS, and a certificate for each worker.
  bool tls = false;
};

// Workers that want nothing but work.
struct FleetShape {
  int workers = 64;
  int slots = 1;
  int connections = 8;
};

struct IdleFigures {
  // Of one processor.
  double processor_share = 0;
  int64_t bytes_a_worker = 0;
};

struct DispatchFigures {
  int tasks = 0;
  double dispatches_a_second = 0;
  // From reporting a free slot to having a lease for it.
  absl::Duration median_wait;
  absl::Duration wait_of_99_percent;
  // The coordinator's, for one task.
  absl::Duration processor_time_a_task;
  int64_t journal_bytes = 0;
  // Of the journal, by a new process.
  absl::Duration restart;
  // The coordinator's memory over that of an empty one when all tasks are
  // queued, when all but one of each build are finished, and when all builds
  // have ended.
  int64_t bytes_queued = 0;
  int64_t bytes_finished = 0;
  int64_t bytes_ended = 0;
};

// So many workers, a connection each, that are given nothing for so long. In
// plain text, whatever the setup says: each certificate would take a thread.
absl::StatusOr<IdleFigures> MeasureIdle(const Setup& setup, int workers,
                                        absl::Duration duration);

// All tasks of so many builds, done by a fleet whose tasks take no time.
absl::StatusOr<DispatchFigures> MeasureDispatch(const Setup& setup,
                                                const FleetShape& shape,
                                                int builds, int tasks);

}  // namespace kso::scale

#endif  // KSO_TESTS_SCALE_MEASURE_H_
