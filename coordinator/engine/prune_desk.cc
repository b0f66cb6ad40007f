// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/prune_desk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "common/text/printable_text.h"

namespace kso::coordinator {
namespace {

constexpr size_t kLongestId = 64;
constexpr size_t kLongestName = 255;
constexpr size_t kLongestError = 1000;
constexpr size_t kMostReports = 4;
constexpr absl::Duration kLongestWait = absl::Minutes(1);

absl::Status CheckId(std::string_view id) {
  if (!id.empty() && id.size() <= kLongestId &&
      std::all_of(id.begin(), id.end(), absl::ascii_isalnum)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "an order to prune has an id of letters and digits");
}

}  // namespace

void PruneDesk::Prune(Transaction& turn, const v1::PruneCacheRequest& request,
                      EngineDone<v1::PruneCacheResponse> done) {
  absl::Status status = CheckId(request.order_id());
  if (status.ok() && request.has_pruning()) status = Order(request);
  if (!status.ok()) {
    turn.Defer([done = std::move(done), status]() mutable { done(status); });
    return;
  }
  const absl::Duration wait =
      request.has_pruning() ? absl::ZeroDuration()
                            : std::clamp(FromProto(request.wait()),
                                         absl::ZeroDuration(), kLongestWait);
  waiters_.push_back({.worker = request.worker(),
                      .order_id = request.order_id(),
                      .deadline = turn.now() + wait,
                      .done = std::move(done)});
}

absl::Status PruneDesk::Order(const v1::PruneCacheRequest& request) {
  const Worker* worker = workers_.Find(request.worker());
  if (worker == nullptr) return NoWorker(request.worker());
  if (worker->view.expected) {
    return absl::FailedPreconditionError(absl::StrCat(
        "worker ", worker->name,
        " has not come back since the coordinator was started; order again "
        "when it has"));
  }
  if (!worker->view.info.prunes()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "worker ", worker->name, " cannot prune its cache by an order: it is ",
        "kso-worker ", worker->view.info.version(),
        "; start it with a newer one, or delete its cache directory while it ",
        "is stopped"));
  }
  const auto known = standing_.find(worker->name);
  if (known != standing_.end() &&
      known->second.order.order_id() == request.order_id()) {
    return absl::OkStatus();
  }
  Standing standing;
  standing.order.set_order_id(request.order_id());
  *standing.order.mutable_pruning() = request.pruning();
  standing.report.set_order_id(request.order_id());
  standing_[worker->name] = std::move(standing);
  // A parked call of the worker is answered in this turn.
  workers_.Touch(worker->name);
  return absl::OkStatus();
}

std::set<std::string> PruneDesk::Hear(v1::WorkerInfo& info) {
  std::set<std::string> known;
  const auto found = standing_.find(info.name());
  for (v1::PruneReport& report : *info.mutable_prune_reports()) {
    // A worker knows of one order, or of one more that it has carried out.
    if (known.size() == kMostReports) break;
    known.insert(report.order_id().substr(0, kLongestId));
    if (found == standing_.end() ||
        report.order_id() != found->second.order.order_id() ||
        found->second.report.done()) {
      continue;
    }
    report.set_error(PrintableText(report.error(), kLongestError));
    report.set_freed_bytes(std::max<int64_t>(report.freed_bytes(), 0));
    report.set_left_bytes(std::max<int64_t>(report.left_bytes(), 0));
    found->second.report = report;
  }
  info.clear_prune_reports();
  return known;
}

const v1::PruneOrder* PruneDesk::OrderFor(std::string_view worker) const {
  const auto found = standing_.find(worker);
  if (found == standing_.end() || found->second.report.done()) return nullptr;
  return &found->second.order;
}

absl::StatusOr<v1::PruneCacheResponse> PruneDesk::ResponseOf(
    const std::string& worker, const std::string& order_id) const {
  const auto found = standing_.find(worker);
  if (found == standing_.end()) {
    return absl::NotFoundError(
        absl::StrCat("worker ", PrintableText(worker, kLongestName),
                     " has no such order; the coordinator was restarted, the "
                     "worker is gone for good, or the order was given to "
                     "another"));
  }
  if (found->second.order.order_id() != order_id) {
    return absl::AbortedError(
        absl::StrCat("another order to prune the cache of worker ",
                     found->first, " has taken the place of this one"));
  }
  v1::PruneCacheResponse response;
  *response.mutable_report() = found->second.report;
  return response;
}

void PruneDesk::Forget(std::string_view worker) {
  const auto found = standing_.find(worker);
  if (found != standing_.end()) standing_.erase(found);
}

void PruneDesk::Answer(Transaction& turn) {
  std::vector<Waiter> still;
  for (Waiter& waiter : waiters_) {
    absl::StatusOr<v1::PruneCacheResponse> response =
        ResponseOf(waiter.worker, waiter.order_id);
    if (response.ok() && !response->report().done() &&
        waiter.deadline > turn.now()) {
      still.push_back(std::move(waiter));
      continue;
    }
    turn.Defer([done = std::move(waiter.done),
                response = std::move(response)]() mutable {
      done(std::move(response));
    });
  }
  waiters_ = std::move(still);
}

void PruneDesk::Refuse(const absl::Status& status) {
  for (Waiter& waiter : std::exchange(waiters_, {})) waiter.done(status);
}

absl::Time PruneDesk::NextDeadline() const {
  absl::Time next = absl::InfiniteFuture();
  for (const Waiter& waiter : waiters_) next = std::min(next, waiter.deadline);
  return next;
}

}  // namespace kso::coordinator
