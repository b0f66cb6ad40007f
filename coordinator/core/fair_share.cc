#include "coordinator/core/fair_share.h"

#include <algorithm>
#include <cmath>
#include <utility>

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

int64_t FairShare::PositionOf(int64_t build) const {
  const auto found = positions_.find(build);
  return found == positions_.end() ? level_ : std::max(found->second, level_);
}

std::vector<const BuildEntry*> FairShare::Order(
    const std::map<int64_t, const BuildEntry*>& builds) const {
  std::vector<std::pair<int64_t, const BuildEntry*>> positions;
  positions.reserve(builds.size());
  for (const auto& [number, build] : builds) {
    positions.emplace_back(PositionOf(number), build);
  }
  std::sort(positions.begin(), positions.end(),
            [](const auto& a, const auto& b) {
              return std::pair(a.first, a.second->number) <
                     std::pair(b.first, b.second->number);
            });
  std::vector<const BuildEntry*> order;
  order.reserve(positions.size());
  for (const auto& [position, build] : positions) order.push_back(build);
  return order;
}

void FairShare::Granted(const BuildEntry& build,
                        const std::map<int64_t, const BuildEntry*>& running) {
  level_ = PositionOf(build.number);
  positions_[build.number] = level_ + StepOf(build);
  if (positions_.size() <= 2 * running.size()) return;
  std::erase_if(positions_, [&](const auto& position) {
    return !running.contains(position.first);
  });
}

}  // namespace kso::coordinator
