// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_CONVERSATION_H_
#define KSO_WORKER_CONVERSATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "kso/v1/worker.pb.h"
#include "worker/leases.h"

namespace kso::worker {

// The worker's half of the protocol in one session: makes a request from what
// the worker has, and applies an answer to it. Knows no time and no network.
// Not thread safe.
class Conversation {
 public:
  // `session` is unlike that of any other worker, or of this one before.
  explicit Conversation(std::string session) : session_(std::move(session)) {}

  // Each request is later than the one before.
  v1::SyncRequest MakeRequest(v1::WorkerInfo info, bool draining,
                              const Leases& leases);

  // Makes `leases` what the coordinator says in answer to `request`.
  void Apply(const v1::SyncRequest& request, const v1::SyncResponse& response,
             Leases& leases);

 private:
  void DropUnwanted(const v1::SyncRequest& request,
                    const v1::SyncResponse& response, const Leases& leases,
                    std::vector<std::string>& wanted);

  const std::string session_;
  int64_t sequence_ = 0;
  // How often each outcome has been told in vain.
  absl::flat_hash_map<std::string, int> ignored_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_CONVERSATION_H_
