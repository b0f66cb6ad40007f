// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_TASK_CANCELLABLE_SINK_H_
#define KSO_WORKER_TASK_CANCELLABLE_SINK_H_

#include <string_view>

#include "absl/status/status.h"
#include "common/bytes/byte_stream.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// Lets a long write end when the task is cancelled.
class CancellableSink : public ByteSink {
 public:
  // Both must outlive it.
  CancellableSink(ByteSink& next, const TaskControl& control)
      : next_(next), control_(control) {}

  absl::Status Write(std::string_view bytes) override {
    if (control_.cancelled()) return absl::CancelledError("cancelled");
    return next_.Write(bytes);
  }

 private:
  ByteSink& next_;
  const TaskControl& control_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_TASK_CANCELLABLE_SINK_H_
