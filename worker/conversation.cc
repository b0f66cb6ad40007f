// SPDX-License-Identifier: Apache-2.0
#include "worker/conversation.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "common/base/strings.h"
#include "common/rpc/protocol_version.h"
#include "common/text/printable_text.h"
#include "common/text/proto_text.h"
#include "common/text/text.h"

namespace kso::worker {
namespace {

// An outcome that is neither acknowledged nor wanted in so many replies is of a
// lease that the coordinator has given up.
constexpr int kRepliesUntilForgotten = 3;

// So many refusals in a row are no accident.
constexpr int kRefusalsUntilBlamed = 3;

// A request tells of results in portions of about so many bytes, or of one
// result; gRPC takes 64 MiB (common/rpc/channel.h).
constexpr size_t kPortion = 8 << 20;
constexpr size_t kLargestResult = 32 << 20;

constexpr size_t kLongestReason = 1000;

}  // namespace

v1::SyncRequest Conversation::MakeRequest(v1::WorkerInfo info, bool draining,
                                          const Leases& leases) {
  v1::SyncRequest request;
  *request.mutable_worker() = std::move(info);
  request.set_session(session_);
  request.set_sequence(++sequence_);
  request.set_draining(draining);
  request.set_protocol(rpc::kProtocol);
  Leases::Snapshot snapshot = leases.Look();
  for (v1::HeldLease& held : snapshot.held) {
    *request.add_held() = std::move(held);
  }
  AddResults(snapshot.results, request);
  request.set_free_slots(draining ? 0 : snapshot.free_slots);
  // The coordinator could not parse any of the report otherwise, and would be
  // told the same again for ever.
  MakeTextValid(request);
  return request;
}

v1::LeaseResult Conversation::Told(const v1::LeaseResult& result) const {
  const auto refused = refused_.find(result.lease_id());
  const auto size = static_cast<int64_t>(result.ByteSizeLong());
  if (refused == refused_.end() &&
      size <= static_cast<int64_t>(kLargestResult)) {
    return result;
  }
  v1::LeaseResult told;
  told.set_lease_id(result.lease_id());
  told.set_task_id(result.task_id());
  v1::Failure& failure = *told.mutable_failure();
  failure.set_kind(v1::Failure::PERMANENT);
  failure.set_reason(
      refused == refused_.end()
          ? Concat("the worker's result has ", FormatBytes(size),
                   ", over the limit of ",
                   FormatBytes(static_cast<int64_t>(kLargestResult)))
          : Concat("the coordinator refused the worker's result again and "
                   "again: ",
                   refused->second));
  failure.set_advice(
      "see whether coordinator and worker are of the same version; please "
      "report this");
  return told;
}

void Conversation::AddResults(const std::vector<v1::LeaseResult>& results,
                              v1::SyncRequest& request) {
  if (telling_ == Telling::kNone) return;
  if (telling_ == Telling::kOne) {
    for (const v1::LeaseResult& result : results) {
      if (!suspects_.contains(result.lease_id())) continue;
      *request.add_results() = Told(result);
      return;
    }
    telling_ = Telling::kAll;
    suspects_.clear();
  }
  size_t bytes = 0;
  for (const v1::LeaseResult& result : results) {
    v1::LeaseResult told = Told(result);
    const size_t size = told.ByteSizeLong();
    // The rest follows when these are acknowledged.
    if (bytes > 0 && bytes + size > kPortion) continue;
    bytes += size;
    *request.add_results() = std::move(told);
  }
}

std::string Conversation::Refused(const v1::SyncRequest& request,
                                  std::string_view why) {
  if (telling_ == Telling::kNone) {
    // Not the results are refused.
    telling_ = Telling::kAll;
    suspects_.clear();
    refusals_ = 0;
    return "";
  }
  if (request.results().empty()) return "";
  if (++refusals_ < kRefusalsUntilBlamed) return "";
  refusals_ = 0;
  if (telling_ == Telling::kAll) {
    telling_ = Telling::kNone;
    for (const v1::LeaseResult& result : request.results()) {
      suspects_.insert(result.lease_id());
    }
    return "";
  }
  const v1::LeaseResult& result = request.results(0);
  suspects_.erase(result.lease_id());
  // Not even a plain failure is taken of it.
  if (!refused_
           .try_emplace(result.lease_id(), PrintableText(why, kLongestReason))
           .second) {
    return "";
  }
  return Concat(
      "the coordinator refuses the result of ", result.task_id(),
      ", which counts as failed: ", PrintableText(why, kLongestReason));
}

void Conversation::Apply(const v1::SyncRequest& request,
                         const v1::SyncResponse& response, Leases& leases) {
  refusals_ = 0;
  if (telling_ == Telling::kNone) telling_ = Telling::kOne;
  for (const std::string& id : response.acknowledged_lease_ids()) {
    leases.Forget(id);
    ignored_.erase(id);
    suspects_.erase(id);
    refused_.erase(id);
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
      suspects_.erase(id);
      refused_.erase(id);
    }
  }
}

}  // namespace kso::worker
