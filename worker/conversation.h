// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_CONVERSATION_H_
#define KSO_WORKER_CONVERSATION_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
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

  // The coordinator has refused `request`, not for want of a connection. A
  // report that is refused again and again would silence the worker for good,
  // so it is told without its results, then with one of them at a time; one
  // that is refused alone is replaced by a failure that says why. Returns what
  // is new about that, in words for the log, or nothing.
  std::string Refused(const v1::SyncRequest& request, std::string_view why);

  // Makes `leases` what the coordinator says in answer to `request`.
  void Apply(const v1::SyncRequest& request, const v1::SyncResponse& response,
             Leases& leases);

 private:
  void DropUnwanted(const v1::SyncRequest& request,
                    const v1::SyncResponse& response, const Leases& leases,
                    std::vector<std::string>& wanted);

  // The results that a request tells of, after some were refused.
  enum class Telling {
    kAll,
    // None, to see whether it is they that are refused.
    kNone,
    // One, until all that there were then are settled.
    kOne,
  };

  void AddResults(const std::vector<v1::LeaseResult>& results,
                  v1::SyncRequest& request);
  // The result as it is told: a failure in its place where it was refused or is
  // too large.
  v1::LeaseResult Told(const v1::LeaseResult& result) const;

  const std::string session_;
  int64_t sequence_ = 0;
  // How often each outcome has been told in vain.
  absl::flat_hash_map<std::string, int> ignored_;
  Telling telling_ = Telling::kAll;
  // The refusals in a row of requests that told of results as now.
  int refusals_ = 0;
  // The leases with results that were told when they were first refused.
  absl::flat_hash_set<std::string> suspects_;
  // Why a result was refused alone, by its lease.
  absl::flat_hash_map<std::string, std::string> refused_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_CONVERSATION_H_
