// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/list_diff.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/text/printable_text.h"
#include "common/text/text.h"

namespace kso::cli {
namespace {

using Kind = ListChange::Kind;

// Items of one name: versions, and the hash of each.
using Versions = std::map<std::string, std::string>;

// Files come before images.
using Key = std::pair<ListItem::Kind, std::string>;

std::map<Key, Versions> ByName(const std::vector<ListItem>& items) {
  std::map<Key, Versions> names;
  for (const ListItem& item : items) {
    const VersionedName name = WithoutVersion(item);
    std::string& digest = names[{item.kind, name.name}][name.version];
    if (digest.empty()) digest = item.digest;
  }
  return names;
}

// The items of `a` that are not in `b`.
std::vector<std::string> Without(const Versions& a, const Versions& b) {
  std::vector<std::string> found;
  for (const auto& [version, digest] : a) {
    if (!b.contains(version)) found.push_back(version);
  }
  return found;
}

void DiffVersions(const Key& key, const Versions& before, const Versions& after,
                  std::vector<std::pair<Key, ListChange>>& changes) {
  const auto add = [&](Kind kind, std::string old, std::string now) {
    changes.push_back(
        {key, {kind, key.second, std::move(old), std::move(now)}});
  };
  const std::vector<std::string> gone = Without(before, after);
  const std::vector<std::string> come = Without(after, before);
  const size_t both = std::min(gone.size(), come.size());
  for (size_t i = 0; i < both; ++i) add(Kind::kVersion, gone[i], come[i]);
  for (size_t i = both; i < gone.size(); ++i) add(Kind::kRemoved, gone[i], "");
  for (size_t i = both; i < come.size(); ++i) add(Kind::kAdded, "", come[i]);
  for (const auto& [version, digest] : before) {
    const auto found = after.find(version);
    if (found == after.end() || digest.empty() || found->second.empty() ||
        digest == found->second) {
      continue;
    }
    add(Kind::kHash, digest, found->second);
  }
}

std::string LastPart(const std::string& name) {
  return name.substr(name.rfind('/') + 1);
}

// Joins what went away here and came there under the same last name.
void FindMoves(std::vector<std::pair<Key, ListChange>>& changes) {
  for (auto& [key, change] : changes) {
    if (change.kind != Kind::kAdded) continue;
    const auto old = std::find_if(
        changes.begin(), changes.end(), [&](const auto& candidate) {
          return candidate.second.kind == Kind::kRemoved &&
                 candidate.first.first == key.first &&
                 candidate.first.second != key.second &&
                 LastPart(candidate.first.second) == LastPart(key.second);
        });
    if (old == changes.end()) continue;
    change.kind = Kind::kMoved;
    change.before = absl::StrCat(old->second.name, " ", old->second.before);
    change.after = absl::StrCat(change.name, " ", change.after);
    // It is told, and taken away below.
    old->second.kind = Kind::kMoved;
    old->second.after.clear();
  }
  std::erase_if(changes, [](const auto& entry) {
    return entry.second.kind == Kind::kMoved && entry.second.after.empty();
  });
}

const char* NameOf(Kind kind) {
  switch (kind) {
    case Kind::kAdded:
      return "added";
    case Kind::kRemoved:
      return "removed";
    case Kind::kVersion:
      return "version";
    case Kind::kMoved:
      return "moved";
    case Kind::kHash:
      return "hash";
  }
  return "";
}

}  // namespace

std::vector<ListChange> DiffLists(const std::vector<ListItem>& before,
                                  const std::vector<ListItem>& after) {
  const auto old = ByName(before);
  const auto now = ByName(after);
  std::set<Key> keys;
  for (const auto& [key, versions] : old) keys.insert(key);
  for (const auto& [key, versions] : now) keys.insert(key);
  std::vector<std::pair<Key, ListChange>> changes;
  const Versions none;
  for (const Key& key : keys) {
    const auto a = old.find(key);
    const auto b = now.find(key);
    DiffVersions(key, a == old.end() ? none : a->second,
                 b == now.end() ? none : b->second, changes);
  }
  FindMoves(changes);
  std::vector<ListChange> found;
  for (auto& [key, change] : changes) found.push_back(std::move(change));
  return found;
}

std::string DiffText(const std::vector<ListChange>& changes) {
  if (changes.empty()) return "The lists say the same.\n";
  std::string text;
  for (const ListChange& change : changes) {
    std::string line = NameOf(change.kind);
    line.resize(9, ' ');
    if (change.kind == Kind::kMoved) {
      absl::StrAppend(&line, change.before, " -> ", change.after);
    } else {
      absl::StrAppend(&line, change.name);
      if (!change.before.empty()) absl::StrAppend(&line, "  ", change.before);
      if (!change.after.empty()) {
        absl::StrAppend(&line, change.before.empty() ? "  " : " -> ",
                        change.after);
      }
    }
    absl::StrAppend(&text, PrintableText(line), "\n");
  }
  absl::StrAppend(&text, Count(static_cast<int64_t>(changes.size()), "change"),
                  "\n");
  return text;
}

nlohmann::ordered_json DiffJson(const std::vector<ListChange>& changes) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ListChange& change : changes) {
    list.push_back({{"kind", NameOf(change.kind)},
                    {"name", PrintableText(change.name)},
                    {"before", PrintableText(change.before)},
                    {"after", PrintableText(change.after)}});
  }
  nlohmann::ordered_json document;
  document["changes"] = std::move(list);
  return document;
}

}  // namespace kso::cli
