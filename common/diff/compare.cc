// SPDX-License-Identifier: Apache-2.0
#include "common/diff/compare.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/sizes.h"
#include "common/diff/version_text.h"

namespace kso::diff {
namespace {

// Items by name, each once.
using ByName = std::map<std::string, Item>;

ByName Indexed(const std::vector<Item>& items) {
  ByName by_name;
  for (const Item& item : items) by_name.emplace(item.name, item);
  return by_name;
}

// A fact that is not known of one of them says nothing.
bool HasOtherContent(const Item& a, const Item& b) {
  if (!a.digest.empty() && !b.digest.empty()) return a.digest != b.digest;
  return a.size >= 0 && b.size >= 0 && a.size != b.size;
}

// Takes out what both have by the same name.
void MatchNames(ByName& from, ByName& to, ItemsDiff& diff) {
  for (auto it = to.begin(); it != to.end();) {
    const auto before = from.find(it->first);
    if (before == from.end()) {
      ++it;
      continue;
    }
    if (HasOtherContent(before->second, it->second)) {
      const std::string version = WithoutVersion(it->first).version;
      diff.changed.push_back({before->second, it->second, version, version});
    } else {
      ++diff.same;
    }
    from.erase(before);
    it = to.erase(it);
  }
}

// Takes out what both have in different versions. Where there are several of
// one thing, they go together in the order of their names.
void MatchVersions(ByName& from, ByName& to, ItemsDiff& diff) {
  std::map<std::string, std::vector<std::string>> keys;
  for (const auto& [name, item] : from) {
    keys[WithoutVersion(name).key].push_back(name);
  }
  for (auto it = to.begin(); it != to.end();) {
    const Unversioned now = WithoutVersion(it->first);
    const auto known = keys.find(now.key);
    if (known == keys.end() || known->second.empty()) {
      ++it;
      continue;
    }
    const auto before = from.find(known->second.front());
    known->second.erase(known->second.begin());
    diff.changed.push_back({before->second, it->second,
                            WithoutVersion(before->first).version,
                            now.version});
    from.erase(before);
    it = to.erase(it);
  }
}

ItemsDiff CompareItems(const std::vector<Item>& from,
                       const std::vector<Item>& to) {
  ByName old_items = Indexed(from);
  ByName new_items = Indexed(to);
  ItemsDiff diff;
  MatchNames(old_items, new_items, diff);
  MatchVersions(old_items, new_items, diff);
  for (auto& [name, item] : old_items) diff.dropped.push_back(std::move(item));
  for (auto& [name, item] : new_items) diff.added.push_back(std::move(item));
  std::sort(diff.changed.begin(), diff.changed.end(),
            [](const ChangedItem& a, const ChangedItem& b) {
              return a.to.name < b.to.name;
            });
  return diff;
}

}  // namespace

void Sum::Add(const Item& item) {
  if (item.size < 0) {
    ++unknown;
  } else {
    bytes = SaturatingAdd(bytes, item.size);
  }
}

ContentsDiff Compare(const Contents& from, const Contents& to) {
  ContentsDiff diff;
  diff.from = from.title;
  diff.to = to.title;
  diff.files = CompareItems(from.files, to.files);
  diff.images = CompareItems(from.images, to.images);
  // A setting that one side does not know of, as a build its bases, is not
  // compared.
  const std::map<std::string, std::string> before(from.settings.begin(),
                                                  from.settings.end());
  for (const auto& [name, value] : to.settings) {
    const auto old = before.find(name);
    if (old != before.end() && old->second != value) {
      diff.settings.push_back({name, old->second, value});
    }
  }
  return diff;
}

Sum Incoming(const ContentsDiff& diff) {
  Sum sum;
  for (const ItemsDiff* items : {&diff.files, &diff.images}) {
    for (const Item& item : items->added) sum.Add(item);
    for (const ChangedItem& item : items->changed) sum.Add(item.to);
  }
  return sum;
}

Sum Outgoing(const ContentsDiff& diff) {
  Sum sum;
  for (const ItemsDiff* items : {&diff.files, &diff.images}) {
    for (const Item& item : items->dropped) sum.Add(item);
    for (const ChangedItem& item : items->changed) sum.Add(item.from);
  }
  return sum;
}

}  // namespace kso::diff
