// SPDX-License-Identifier: Apache-2.0
#include "worker/conversation.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "common/base/proto_text.h"

namespace kso::worker {
namespace {

// An outcome that is neither acknowledged nor wanted in so many replies is of a
// lease that the coordinator has given up.
constexpr int kRepliesUntilForgotten = 3;

}  // namespace

v1::SyncRequest Conversation::MakeRequest(v1::WorkerInfo info, bool draining,
                                          const Leases& leases) {
  v1::SyncRequest request;
  *request.mutable_worker() = std::move(info);
  request.set_session(session_);
  request.set_sequence(++sequence_);
  request.set_draining(draining);
  Leases::Snapshot snapshot = leases.Look();
  for (v1::HeldLease& held : snapshot.held) {
    *request.add_held() = std::move(held);
  }
  for (v1::LeaseResult& result : snapshot.results) {
    *request.add_results() = std::move(result);
  }
  request.set_free_slots(draining ? 0 : snapshot.free_slots);
  // The coordinator could not parse any of the report otherwise, and would be
  // told the same again for ever.
  MakeTextValid(request);
  return request;
}

void Conversation::Apply(const v1::SyncRequest& request,
                         const v1::SyncResponse& response, Leases& leases) {
  for (const std::string& id : response.acknowledged_lease_ids()) {
    leases.Forget(id);
    ignored_.erase(id);
  }
  std::vector<std::string> wanted;
  for (const v1::Lease& lease : response.leases()) {
    wanted.push_back(lease.lease_id());
  }
  DropUnwanted(request, response, leases, wanted);
  leases.KeepOnly(wanted);
  for (const v1::Lease& lease : response.leases()) {
    if (request.draining()) {
      leases.Return(lease);
    } else {
      leases.Start(lease);
    }
  }
}

// Outcomes that the coordinator ignores are told a few times more, for it may
// have them on their way to disk; `wanted` keeps them until then. Those that
// came up after the request was made are not ignored but unheard.
void Conversation::DropUnwanted(const v1::SyncRequest& request,
                                const v1::SyncResponse& response,
                                const Leases& leases,
                                std::vector<std::string>& wanted) {
  absl::flat_hash_set<std::string> told;
  for (const v1::LeaseResult& result : request.results()) {
    told.insert(result.lease_id());
  }
  const absl::flat_hash_set<std::string> settled(
      response.acknowledged_lease_ids().begin(),
      response.acknowledged_lease_ids().end());
  const absl::flat_hash_set<std::string> leased(wanted.begin(), wanted.end());
  for (const v1::LeaseResult& result : leases.Look().results) {
    const std::string& id = result.lease_id();
    if (leased.contains(id) || settled.contains(id)) continue;
    if (!told.contains(id) || ++ignored_[id] < kRepliesUntilForgotten) {
      wanted.push_back(id);
    } else {
      ignored_.erase(id);
    }
  }
}

}  // namespace kso::worker
