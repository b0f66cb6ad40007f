#include "coordinator/core/fair_share.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace kso::coordinator {
namespace {

// Of priority 0. The largest is 2^30, so there is room for 2^33 grants.
constexpr double kStep = 1 << 20;

int64_t StepOf(const BuildEntry& build) {
  const int priority =
      std::clamp(build.priority, kLowestPriority, kHighestPriority);
  return std::llround(kStep * std::exp2(-priority / 10.0));
}

}  // namespace

std::vector<const BuildEntry*> FairShare::Order(
    const std::map<int64_t, const BuildEntry*>& builds) const {
  struct Turn {
    // Where it stands, and where it stood after its last grant.
    int64_t position;
    int64_t last;
    const BuildEntry* build;
  };
  std::vector<Turn> turns;
  turns.reserve(builds.size());
  for (const auto& [number, build] : builds) {
    const auto found = positions_.find(number);
    const int64_t last = found == positions_.end() ? -1 : found->second;
    turns.push_back({std::max(last, level_), last, build});
  }
  std::sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) {
    return std::tie(a.position, a.last, a.build->number) <
           std::tie(b.position, b.last, b.build->number);
  });
  std::vector<const BuildEntry*> order;
  order.reserve(turns.size());
  for (const Turn& turn : turns) order.push_back(turn.build);
  return order;
}

void FairShare::Granted(const BuildEntry& build,
                        const std::map<int64_t, const BuildEntry*>& running) {
  int64_t& position = positions_[build.number];
  level_ = std::max(level_, position);
  position = level_ + StepOf(build);
  if (positions_.size() <= 2 * running.size()) return;
  std::erase_if(positions_, [&](const auto& position) {
    return !running.contains(position.first);
  });
}

}  // namespace kso::coordinator
