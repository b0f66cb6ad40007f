// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_SCALE_COORDINATOR_PROCESS_H_
#define KSO_TESTS_SCALE_COORDINATOR_PROCESS_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/run/subprocess.h"

namespace kso::scale {

// A kso-coordinator of its own, and what it costs. Its destructor stops it.
class CoordinatorProcess {
 public:
  // Keeps its state and its log in `directory`, and uses what is there already.
  // `more` are further arguments.
  static absl::StatusOr<std::unique_ptr<CoordinatorProcess>> Start(
      const std::string& program, const std::filesystem::path& directory,
      const std::vector<std::string>& more = {});
  ~CoordinatorProcess();

  const std::string& address() const { return address_; }
  // Of the start: until it listened.
  absl::Duration start_took() const { return start_took_; }

  // Time on a processor since the start, of all its threads.
  absl::Duration CpuTime() const;
  // Resident now.
  int64_t MemoryBytes() const;
  // Of all files in its state directory.
  int64_t StateBytes() const;

 private:
  CoordinatorProcess(Subprocess process, std::filesystem::path directory)
      : process_(std::move(process)), directory_(std::move(directory)) {}

  absl::Status AwaitListening();

  Subprocess process_;
  const std::filesystem::path directory_;
  std::string address_;
  absl::Duration start_took_;
};

}  // namespace kso::scale

#endif  // KSO_TESTS_SCALE_COORDINATOR_PROCESS_H_
