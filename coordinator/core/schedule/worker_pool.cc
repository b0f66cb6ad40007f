// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/worker_pool.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "coordinator/core/base/words.h"

namespace kso::coordinator {
namespace {

// Returns whether a worker's platform will do. A task that names no variant
// takes any.
bool Satisfies(const v1::Platform& offered, const v1::Platform& wanted) {
  return offered.os() == wanted.os() &&
         offered.architecture() == wanted.architecture() &&
         (wanted.variant().empty() || offered.variant() == wanted.variant());
}

// The name of a worker's kind: equal for workers that are alike for placement.
std::string KindName(const v1::WorkerInfo& info) {
  std::string name = info.can_execute() ? "executes" : "";
  for (const v1::PlatformSupport& support : info.platforms()) {
    absl::StrAppend(&name, "|", PlatformInWords(support.platform()),
                    support.native() ? "" : " emulated");
  }
  return name;
}

}  // namespace

Fit FitOf(const Demand& demand, const v1::WorkerInfo& worker) {
  if (demand.must_execute && !worker.can_execute()) return Fit::kNone;
  if (demand.platform_name.empty()) return Fit::kNative;
  Fit fit = demand.must_execute ? Fit::kNone : Fit::kForeign;
  for (const v1::PlatformSupport& support : worker.platforms()) {
    if (!Satisfies(support.platform(), demand.platform)) continue;
    fit = std::min(fit, support.native() ? Fit::kNative : Fit::kEmulated);
  }
  return fit;
}

const WorkerPool::Member& WorkerPool::Put(const WorkerView& view) {
  Member& member = members_[view.info.name()];
  Count(member, -1);
  WorkerKind* const before = member.kind;
  member = {&view, KindOf(view.info), view.ready(), view.expected};
  Count(member, 1);
  if (member.kind == before) return member;
  ++member.kind->members_;
  if (before != nullptr) Leave(before);
  return member;
}

void WorkerPool::Remove(std::string_view name) {
  const auto found = members_.find(name);
  if (found == members_.end()) return;
  Count(found->second, -1);
  WorkerKind* const kind = found->second.kind;
  members_.erase(found);
  Leave(kind);
}

const WorkerPool::Member* WorkerPool::Find(std::string_view name) const {
  const auto found = members_.find(name);
  return found == members_.end() ? nullptr : &found->second;
}

Fit WorkerPool::BestFit(const Demand& demand) const {
  if (expected_ > 0) return Fit::kNative;
  Fit best = Fit::kNone;
  for (const auto& [name, kind] : kinds_) {
    if (kind.ready_ > 0) best = std::min(best, kind.FitFor(demand));
  }
  return best;
}

int WorkerPool::CountReady(const Demand& demand, Fit fit) const {
  int count = 0;
  for (const auto& [name, kind] : kinds_) {
    if (kind.FitFor(demand) <= fit) count += kind.ready_;
  }
  return count;
}

bool WorkerPool::AnyReadyBut(const std::set<std::string>& names,
                             const Demand& demand, Fit fit) const {
  return std::any_of(members_.begin(), members_.end(), [&](const auto& entry) {
    const auto& [name, member] = entry;
    return member.ready && member.kind->FitFor(demand) <= fit &&
           !names.contains(name);
  });
}

WorkerKind* WorkerPool::KindOf(const v1::WorkerInfo& info) {
  const std::string name = KindName(info);
  return &kinds_.try_emplace(name, name, info).first->second;
}

void WorkerPool::Leave(WorkerKind* kind) {
  if (--kind->members_ > 0) return;
  // A worker may say other platforms with each call.
  kinds_.erase(kinds_.find(kind->name()));
}

void WorkerPool::Count(const Member& member, int by) {
  if (member.ready) member.kind->ready_ += by;
  if (member.expected) expected_ += by;
}

}  // namespace kso::coordinator
