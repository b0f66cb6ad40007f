// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/host_gate.h"

#include <cstddef>
#include <tuple>
#include <utility>

namespace kso::coordinator {

void HostGate::Started(const TaskEntry& task) {
  if (loads_.has_value()) Count(task);
}

void HostGate::Count(const TaskEntry& task) const {
  for (const HostDemand& use : task.demand->hosts) {
    HostLoad& load = (*loads_)[use.host];
    ++load.tasks;
    if (use.manifests) ++load.manifests;
  }
}

std::optional<std::string> HostGate::WhyNot(const Demand& demand) const {
  for (const HostDemand& use : demand.hosts) {
    if (!budget_.Knows(use.host)) continue;
    auto reason = budget_.WhyNot(use, LoadOf(use.host), now_);
    if (reason.has_value()) return reason;
  }
  return std::nullopt;
}

HostLoad HostGate::LoadOf(const std::string& host) const {
  if (!loads_.has_value()) {
    loads_.emplace();
    for (const auto& [lease_id, task] : state_.leases()) Count(*task);
  }
  const auto found = loads_->find(host);
  return found == loads_->end() ? HostLoad() : found->second;
}

void HostGate::CountWaiting(const BuildEntry& build,
                            std::map<std::string, int>& waiting) const {
  const auto add = [&](const Demand& demand, size_t tasks) {
    for (const HostDemand& use : demand.hosts) {
      // The host is listed even when no task waits for it.
      int& count = waiting[use.host];
      if (budget_.WhyNot(use, LoadOf(use.host), now_).has_value()) {
        count += static_cast<int>(tasks);
      }
    }
  };
  for (const auto& [demand, queue] : build.queue.ready) {
    add(*demand, queue.size());
  }
  for (const auto& [time, number, task] : build.queue.delayed) {
    add(*task->demand, 1);
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
    for (const auto& [lease_id, task] : state_.leases()) {
      if (task->build != build) continue;
      for (const HostDemand& use : task->demand->hosts) waiting[use.host];
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
