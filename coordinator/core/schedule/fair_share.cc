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
  return std::tie(a.position, a.build->number) >
         std::tie(b.position, b.build->number);
}

FairShare::Turns FairShare::TurnsOf(
    const std::map<int64_t, const BuildEntry*>& builds) const {
  std::vector<Turns::Turn> turns;
  turns.reserve(builds.size());
  for (const auto& [number, build] : builds) {
    const auto found = last_turns_.find(number);
    turns.push_back(
        {found == last_turns_.end() ? -1 : found->second + StepOf(*build),
         build});
  }
  return Turns(std::move(turns));
}

void FairShare::Granted(const BuildEntry& build,
                        const std::map<int64_t, const BuildEntry*>& running) {
  const auto [last_turn, first] = last_turns_.try_emplace(build.number, level_);
  if (!first) level_ = std::max(level_, last_turn->second + StepOf(build));
  last_turn->second = level_;
  if (last_turns_.size() <= 2 * running.size()) return;
  absl::erase_if(last_turns_, [&](const auto& turn) {
    return !running.contains(turn.first);
  });
}

}  // namespace kso::coordinator
