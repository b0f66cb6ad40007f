// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/pruner.h"

#include <algorithm>
#include <string>
#include <utility>

#include "coordinator/core/state/pruning.h"
#include "coordinator/engine/build_actions.h"

namespace kso::coordinator {
namespace {

// The largest number of builds that one turn forgets, since a turn holds up all
// callers.
constexpr size_t kBuildsATurn = 4;

bool IsInFarm(const BuildEntry& build) {
  return build.release.destination().kind() != v1::Destination::REGISTRY;
}

// Returns whether workers may have put something into the farm's blob store.
bool AnyInFarm(const State& state) {
  return std::any_of(state.builds().begin(), state.builds().end(),
                     [](const auto& entry) { return IsInFarm(entry.second); });
}

}  // namespace

void Pruner::WantSweep(absl::Time now) {
  sweep_ = now;
  again_ = true;
}

void Pruner::WantSweepLater(absl::Time now) {
  if (sweep_ == absl::InfiniteFuture()) {
    sweep_ = now + kYoungBlob;
  } else {
    again_ = true;
  }
}

void Pruner::Tick(Transaction& turn) {
  const State& state = turn.state();
  const auto count_ended = [&state] {
    return state.builds().size() - state.running().size();
  };
  // While a build ran, its workers could put into the store what they liked.
  if (count_ended() != ended_ && AnyInFarm(state)) WantSweepLater(turn.now());
  if (count_ended() != ended_ || turn.now() >= next_) {
    PruningChoice choice = ChooseForPruning(
        state, {options_.keep_builds, options_.keep_builds_for}, turn.now());
    next_ = choice.next;
    if (choice.builds.size() > kBuildsATurn) {
      choice.builds.resize(kBuildsATurn);
      next_ = turn.now();
    }
    for (std::string& id : choice.builds) {
      if (IsInFarm(*state.FindBuild(id))) WantSweep(turn.now());
      v1::JournalRecord record;
      record.mutable_build_pruned()->set_build_id(std::move(id));
      turn.Record(std::move(record));
    }
    ended_ = count_ended();
  }
  if (sweep_ > turn.now() || next_ <= turn.now()) return;
  actions_.Sweep(turn, FindBlobsInFarm(state));
  sweep_ = again_ ? turn.now() + kYoungBlob : absl::InfiniteFuture();
  again_ = false;
}

}  // namespace kso::coordinator
