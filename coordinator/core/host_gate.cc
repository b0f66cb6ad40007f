#include "coordinator/core/host_gate.h"

#include <algorithm>
#include <utility>

namespace kso::coordinator {
namespace {

constexpr size_t kMostRemembered = 1 << 16;

}  // namespace

const std::vector<HostUse>& HostIndex::Of(const v1::Task& task) {
  const auto found = by_task_.find(task.task_id());
  if (found != by_task_.end()) return found->second;
  if (by_task_.size() >= kMostRemembered) by_task_.clear();
  return by_task_.emplace(task.task_id(), HostsOf(task)).first->second;
}

void HostGate::Started(const v1::Task& task) {
  if (loads_.has_value()) Count(task);
}

void HostGate::Count(const v1::Task& task) const {
  for (const HostUse& use : index_.Of(task)) {
    HostLoad& load = (*loads_)[use.host];
    ++load.tasks;
    if (use.manifests) ++load.manifests;
  }
}

std::optional<std::string> HostGate::WhyNot(const TaskEntry& task) const {
  if (budget_.empty()) return std::nullopt;
  const std::vector<HostUse>& known = index_.Of(task.task);
  if (std::none_of(known.begin(), known.end(), [this](const HostUse& use) {
        return budget_.Knows(use.host);
      })) {
    return std::nullopt;
  }
  // A copy: counting what runs looks other tasks up.
  const std::vector<HostUse> uses = known;
  for (const HostUse& use : uses) {
    if (!budget_.Knows(use.host)) continue;
    auto reason = budget_.WhyNot(use, LoadOf(use.host), now_);
    if (reason.has_value()) return reason;
  }
  return std::nullopt;
}

HostLoad HostGate::LoadOf(const std::string& host) const {
  if (!loads_.has_value()) {
    loads_.emplace();
    for (const auto& [lease_id, task_id] : state_.leases()) {
      Count(state_.FindTask(task_id)->task);
    }
  }
  const auto found = loads_->find(host);
  return found == loads_->end() ? HostLoad() : found->second;
}

void HostGate::CountWaiting(const BuildEntry& build,
                            std::map<std::string, int>& waiting) const {
  for (const auto& [platform, queue] : build.runnable) {
    for (const auto& [weight, id] : queue) {
      const TaskEntry* task = state_.FindTask(id);
      const std::vector<HostUse> uses = index_.Of(task->task);
      for (const HostUse& use : uses) {
        // Mentioned, if only as used.
        int& count = waiting[use.host];
        if (budget_.WhyNot(use, LoadOf(use.host), now_).has_value()) ++count;
      }
    }
  }
}

std::vector<v1::HostLimit> HostGate::Limits(const BuildEntry* build) const {
  if (budget_.empty()) return {};
  std::map<std::string, int> waiting;
  if (build == nullptr) {
    budget_.ForEachHost([&](const std::string& name) { waiting[name]; });
    for (const auto& [number, running] : state_.running()) {
      CountWaiting(*running, waiting);
    }
  } else {
    for (const auto& [lease_id, task_id] : state_.leases()) {
      const v1::Task& task = state_.FindTask(task_id)->task;
      if (task.build_id() != build->build_id) continue;
      for (const HostUse& use : index_.Of(task)) waiting[use.host];
    }
    CountWaiting(*build, waiting);
  }
  std::vector<v1::HostLimit> limits;
  for (const auto& [host, count] : waiting) {
    auto limit = budget_.Describe(host, LoadOf(host), count, now_);
    if (limit.has_value()) limits.push_back(*std::move(limit));
  }
  return limits;
}

}  // namespace kso::coordinator
