// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_FETCH_PROGRESS_SINK_H_
#define KSO_WORKER_FETCH_FETCH_PROGRESS_SINK_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "common/bytes/byte_stream.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// Adds the bytes that pass to those that the task has fetched, for people to
// see, on their way to another sink. Ends the transfer when the task is
// cancelled.
class FetchProgressSink : public ByteSink {
 public:
  // Both must outlive it.
  FetchProgressSink(ByteSink& next, TaskControl& control)
      : next_(next), control_(control) {}

  absl::Status Write(std::string_view bytes) override {
    if (control_.cancelled()) return absl::CancelledError("cancelled");
    control_.AddFetched(static_cast<int64_t>(bytes.size()));
    return next_.Write(bytes);
  }

 private:
  ByteSink& next_;
  TaskControl& control_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_FETCH_PROGRESS_SINK_H_
