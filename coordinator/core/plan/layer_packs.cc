// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/layer_packs.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "common/base/sizes.h"
#include "common/base/strings.h"

namespace kso::coordinator {
namespace {

struct Holder {
  int pack = 0;
  int member = 0;
};

// Content is compared by either of its names: its identity from before it was
// fetched, or the digest of what was fetched.
bool Holds(const v1::LayerRemembered& layer, int member,
           const std::string& identity) {
  return !identity.empty() &&
         (layer.identities(member) == identity ||
          layer.layer().members(member).digest() == identity);
}

// `path` and the directories that it lies in.
template <typename Visit>
void ForEachPrefix(std::string_view path, Visit visit) {
  for (size_t slash = path.find('/'); slash != path.npos;
       slash = path.find('/', slash + 1)) {
    visit(path.substr(0, slash));
  }
  visit(path);
}

}  // namespace

LayerPacks PacksOf(const PlanHistory& history, std::string_view image,
                   std::string_view group, const PackFormat& format) {
  LayerPacks packs;
  for (const v1::LayerRemembered* layer : history.Packs(image, group)) {
    if (layer->layer().layer().media_type() == format.media_type &&
        layer->times_of_content() == format.times_of_content &&
        layer->identities_size() == layer->layer().members_size()) {
      packs.push_back(layer);
    }
  }
  return packs;
}

std::vector<Pack> MatchPacks(const LayerPacks& layers,
                             const std::vector<WantedMember>& wanted) {
  std::vector<Pack> packs(layers.size());
  std::map<std::string_view, Holder> holders;
  for (size_t p = 0; p < layers.size(); ++p) {
    const v1::MadeLayer& made = layers[p]->layer();
    for (int m = 0; m < made.members_size(); ++m) {
      packs[p].size = SaturatingAdd(
          packs[p].size, std::max<int64_t>(made.members(m).size(), 0));
      holders[made.members(m).path()] = {static_cast<int>(p), m};
    }
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto found = holders.find(wanted[i].path);
    if (found == holders.end()) continue;
    const Holder& holder = found->second;
    if (Holds(*layers[holder.pack], holder.member, wanted[i].identity)) {
      packs[holder.pack].items.push_back(static_cast<int>(i));
    }
  }
  return packs;
}

std::vector<std::string> Whiteouts(const LayerPacks& kept,
                                   const std::vector<WantedMember>& wanted) {
  std::set<std::string_view> alive;
  for (const WantedMember& member : wanted) {
    ForEachPrefix(member.path,
                  [&](std::string_view path) { alive.insert(path); });
  }
  std::set<std::string> whiteouts;
  for (const v1::LayerRemembered* layer : kept) {
    for (const v1::MadeMember& member : layer->layer().members()) {
      bool hidden = false;
      ForEachPrefix(member.path(), [&](std::string_view path) {
        if (hidden || alive.contains(path)) return;
        hidden = true;
        const size_t slash = path.rfind('/');
        whiteouts.insert(slash == path.npos
                             ? Concat(".wh.", path)
                             : Concat(path.substr(0, slash), "/.wh.",
                                      path.substr(slash + 1)));
      });
    }
  }
  return {whiteouts.begin(), whiteouts.end()};
}

}  // namespace kso::coordinator
