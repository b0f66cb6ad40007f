// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/pack_grouping.h"

#include <algorithm>

#include "common/base/sizes.h"

namespace kso::coordinator {
namespace {

// New groups get at least so many places: old packs make room for them.
constexpr int kFewestNewGroups = 6;

int64_t SizeOf(const GroupItem& item) {
  return std::max<int64_t>(item.size, 0);
}

class Packer {
 public:
  Packer(const std::vector<GroupItem>& items, const std::vector<Pack>& packs,
         const PackLimits& limits)
      : items_(items), packs_(packs), limits_(limits) {
    for (const Pack& pack : packs) {
      int64_t live = 0;
      for (const int item : pack.items) {
        live = SaturatingAdd(live, SizeOf(items[item]));
      }
      live_.push_back(live);
    }
  }

  PackedGroups Run() {
    Begin();
    KeepTheDeadWithinBounds();
    GiveUpWhatIsCheap();
    PackedGroups groups;
    groups.fresh = GroupTheRest();
    groups.kept = kept_;
    groups.dead = DeadInKept();
    return groups;
  }

 private:
  // An item may be said to be larger than the pack that has it.
  int64_t Dead(int pack) const {
    return std::max<int64_t>(packs_[pack].size - live_[pack], 0);
  }

  int64_t DeadInKept() const {
    int64_t dead = 0;
    for (const int pack : kept_) dead = SaturatingAdd(dead, Dead(pack));
    return dead;
  }

  // The part of a pack's bytes that is dead.
  double DeadPart(int pack) const {
    return packs_[pack].size == 0
               ? 0
               : static_cast<double>(Dead(pack)) / packs_[pack].size;
  }

  void Begin() {
    for (const GroupItem& item : items_) {
      wanted_ = SaturatingAdd(wanted_, SizeOf(item));
    }
    int64_t fresh = wanted_;
    for (size_t i = 0; i < packs_.size(); ++i) {
      fresh = std::max<int64_t>(fresh - live_[i], 0);
      if (!packs_[i].items.empty()) kept_.push_back(static_cast<int>(i));
    }
    budget_ =
        static_cast<int64_t>(limits_.rewrite * static_cast<double>(fresh));
  }

  void GiveUp(int pack) {
    kept_.erase(std::find(kept_.begin(), kept_.end(), pack));
    budget_ = SaturatingAdd(budget_, -live_[pack]);
  }

  // The kept pack of which the largest part is dead, the first of equals; there
  // must be one.
  int Deadest() const {
    return *std::max_element(kept_.begin(), kept_.end(), [&](int a, int b) {
      return DeadPart(a) < DeadPart(b);
    });
  }

  void KeepTheDeadWithinBounds() {
    while (!kept_.empty()) {
      const auto dead = static_cast<double>(DeadInKept());
      if (dead <= limits_.max_dead * (static_cast<double>(wanted_) + dead)) {
        return;
      }
      GiveUp(Deadest());
    }
  }

  void GiveUpWhatIsCheap() {
    std::vector<int> candidates = kept_;
    std::stable_sort(candidates.begin(), candidates.end(),
                     [&](int a, int b) { return DeadPart(a) > DeadPart(b); });
    for (const int pack : candidates) {
      if (DeadPart(pack) > limits_.max_dead && live_[pack] <= budget_) {
        GiveUp(pack);
      }
    }
  }

  std::vector<int> Rest() const {
    std::vector<bool> there(items_.size(), false);
    for (const int pack : kept_) {
      for (const int item : packs_[pack].items) there[item] = true;
    }
    std::vector<int> rest;
    for (size_t i = 0; i < items_.size(); ++i) {
      if (!there[i]) rest.push_back(static_cast<int>(i));
    }
    return rest;
  }

  std::vector<std::vector<int>> Group(const std::vector<int>& rest,
                                      int max_groups) const {
    std::vector<GroupItem> items;
    for (const int i : rest) items.push_back(items_[i]);
    GroupLimits limits = limits_.groups;
    limits.max_groups = max_groups;
    std::vector<std::vector<int>> groups = GroupByContent(items, limits);
    for (std::vector<int>& group : groups) {
      for (int& i : group) i = rest[i];
    }
    return groups;
  }

  // Groups the items of no kept pack. Old packs are given up to make room as
  // long as that is cheap, and in any case until there is a place for one
  // group.
  std::vector<std::vector<int>> GroupTheRest() {
    while (true) {
      const std::vector<int> rest = Rest();
      if (rest.empty() && static_cast<int>(kept_.size()) <= max_groups()) {
        return {};
      }
      const int places = max_groups() - static_cast<int>(kept_.size());
      if (kept_.empty()) return Group(rest, places);
      const int wanted = static_cast<int>(Group(rest, max_groups()).size());
      if (places >= std::min(wanted, kFewestNewGroups)) {
        return Group(rest, places);
      }
      const int pack = CheapestToMerge();
      if (places >= 1 && live_[pack] > budget_) return Group(rest, places);
      GiveUp(pack);
    }
  }

  // There must be a kept pack.
  int CheapestToMerge() const {
    const auto cost = [&](int pack) { return live_[pack] - Dead(pack) / 2; };
    return *std::min_element(kept_.begin(), kept_.end(),
                             [&](int a, int b) { return cost(a) < cost(b); });
  }

  int max_groups() const { return std::max(limits_.groups.max_groups, 1); }

  const std::vector<GroupItem>& items_;
  const std::vector<Pack>& packs_;
  const PackLimits& limits_;
  // The live bytes of each pack.
  std::vector<int64_t> live_;
  int64_t wanted_ = 0;
  // Live bytes that may still be written again by giving up packs.
  int64_t budget_ = 0;
  std::vector<int> kept_;
};

}  // namespace

PackedGroups GroupAfterPacks(const std::vector<GroupItem>& items,
                             const std::vector<Pack>& packs,
                             const PackLimits& limits) {
  return Packer(items, packs, limits).Run();
}

}  // namespace kso::coordinator
