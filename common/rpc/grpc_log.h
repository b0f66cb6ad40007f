// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RPC_GRPC_LOG_H_
#define KSO_COMMON_RPC_GRPC_LOG_H_

#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/run/clock.h"

namespace kso::rpc {

// Lets so many lines through in each minute, and then counts: whoever connects
// without a certificate makes gRPC write a line, and must not fill a disk.
// Thread safe.
class LineLimit {
 public:
  // `clock` must outlive it.
  LineLimit(Clock* clock, int lines_a_minute)
      : clock_(clock), lines_a_minute_(lines_a_minute) {}

  // `line` as it is to be written, with the number of those that were left out
  // before it; empty for one that is left out.
  std::string Pass(std::string line);

 private:
  Clock* const clock_;
  const int lines_a_minute_;
  absl::Mutex mutex_;
  absl::Time begun_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int passed_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Writes what gRPC has to say to spdlog instead of stderr, as warnings:
// printable, and at most 30 lines a minute. Called once, in main.
void LogGrpc();

}  // namespace kso::rpc

#endif  // KSO_COMMON_RPC_GRPC_LOG_H_
