// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/fair_share.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "common/release/build_request.h"

namespace kso::coordinator {
namespace {

// The step at priority 0. The largest step is 2^30, so a position has room for
// 2^33 grants.
constexpr double kStep = 1 << 20;

int64_t StepOf(const BuildEntry& build) {
  const int priority = std::clamp(build.priority, release::kLowestPriority,
                                  release::kHighestPriority);
  return std::llround(kStep * std::exp2(-priority / 10.0));
}

}  // namespace

FairShare::Turns::Turns(std::vector<Turn> turns) : turns_(std::move(turns)) {
  std::make_heap(turns_.begin(), turns_.end(), Later);
}

const BuildEntry* FairShare::Turns::Next() {
  if (turns_.empty()) return nullptr;
  std::pop_heap(turns_.begin(), turns_.end(), Later);
  const BuildEntry* next = turns_.back().build;
  turns_.pop_back();
  return next;
}

// Builds behind the level count as level, and of these the one whose turn is
// longest ago is first. So the order is that of the positions after the last
// grants.
bool FairShare::Turns::Later(const Turn& a, const Turn& b) {
  return std::tie(a.last, a.build->number) > std::tie(b.last, b.build->number);
}

FairShare::Turns FairShare::TurnsOf(
    const std::map<int64_t, const BuildEntry*>& builds) const {
  std::vector<Turns::Turn> turns;
  turns.reserve(builds.size());
  for (const auto& [number, build] : builds) {
    const auto found = positions_.find(number);
    turns.push_back({found == positions_.end() ? -1 : found->second, build});
  }
  return Turns(std::move(turns));
}

void FairShare::Granted(const BuildEntry& build,
                        const std::map<int64_t, const BuildEntry*>& running) {
  int64_t& position = positions_[build.number];
  level_ = std::max(level_, position);
  position = level_ + StepOf(build);
  if (positions_.size() <= 2 * running.size()) return;
  absl::erase_if(positions_, [&](const auto& position) {
    return !running.contains(position.first);
  });
}

}  // namespace kso::coordinator
