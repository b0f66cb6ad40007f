// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_METRICS_TRANSFER_METRICS_H_
#define KSO_WORKER_METRICS_TRANSFER_METRICS_H_

#include <memory>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/http/transport.h"
#include "kso/v1/worker.pb.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/registry.h"

namespace kso::worker {

// The bytes that pass between a worker and its hosts, for Prometheus. A host is
// "HOST[:PORT]" of the URL that was asked for; the bodies of successful answers
// and of requests count, headers do not. The coordinator is told the same.
// Thread safe.
class TransferMetrics {
 public:
  // `registry` must outlive it.
  explicit TransferMetrics(prometheus::Registry* registry);

  // Counts what passes through `next`. This must outlive the result.
  std::unique_ptr<http::Transport> Metered(
      std::unique_ptr<http::Transport> next);
  // Puts what has passed so far into `info`, for the coordinator.
  void AddTraffic(v1::WorkerInfo& info);

 private:
  friend class MeteredTransport;

  // The label of a host. Lists name hosts, so their number is bounded: those
  // past the bound are counted together.
  std::string LabelOf(const std::string& url);

  prometheus::Family<prometheus::Counter>& received_;
  prometheus::Family<prometheus::Counter>& sent_;
  prometheus::Family<prometheus::Counter>& answers_;
  absl::Mutex mutex_;
  std::set<std::string> hosts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::worker

#endif  // KSO_WORKER_METRICS_TRANSFER_METRICS_H_
