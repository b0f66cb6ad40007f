// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_PRUNE_RUNNER_H_
#define KSO_WORKER_PRUNE_RUNNER_H_

#include <functional>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/run/executor.h"
#include "kso/v1/worker.pb.h"

namespace kso::worker {

// Carries out the coordinator's orders to prune the cache, each once, on a
// thread of its own, since deleting may take longer than a call may. Thread
// safe.
class PruneRunner {
 public:
  // Prunes, and reports all but the order's id.
  using Prune = std::function<v1::PruneReport(const v1::CachePruning&)>;

  // `wake` is called when a report has become ready.
  PruneRunner(Prune prune, std::function<void()> wake)
      : prune_(std::move(prune)), wake_(std::move(wake)) {}

  // Takes the order of an answer up, unless it knows it. An answer without one
  // says that the report has been heard.
  void Hear(const v1::SyncResponse& response);

  // Tells of the order that it knows.
  void AddReport(v1::WorkerInfo& info) const;

 private:
  void Run(const v1::PruneOrder& order);

  const Prune prune_;
  const std::function<void()> wake_;
  mutable absl::Mutex mutex_;
  std::optional<v1::PruneReport> report_ ABSL_GUARDED_BY(mutex_);
  // Its thread ends before the others go.
  Executor executor_{1};
};

}  // namespace kso::worker

#endif  // KSO_WORKER_PRUNE_RUNNER_H_
