// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_DIFF_COMPARE_H_
#define KSO_COMMON_DIFF_COMPARE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/diff/contents.h"

namespace kso::diff {

// Something that both have, in another version or with other content.
struct ChangedItem {
  Item from;
  Item to;
  // "v1.29.5" and "v1.29.6"; equal where only the content differs.
  std::string version_from;
  std::string version_to;
};

struct ItemsDiff {
  std::vector<Item> added;
  std::vector<Item> dropped;
  std::vector<ChangedItem> changed;
  int same = 0;
};

struct ChangedSetting {
  std::string name;
  std::string from;
  std::string to;
};

// A sum of sizes, of which some may not be known.
struct Sum {
  int64_t bytes = 0;
  int unknown = 0;

  void Add(const Item& item);
};

struct ContentsDiff {
  std::string from;
  std::string to;
  ItemsDiff files;
  ItemsDiff images;
  std::vector<ChangedSetting> settings;
};

// The items that `to` adds to `from`, drops and changes. Items are the same by
// their names, else by their names without versions (version_text.h); what has
// neither counterpart is added or dropped. A pure function; lists are sorted by
// name.
ContentsDiff Compare(const Contents& from, const Contents& to);

// The items that are new inside: those that are added, and the newer of what is
// changed.
Sum Incoming(const ContentsDiff& diff);

// The items that go out of use: those that are dropped, and the older of what
// is changed.
Sum Outgoing(const ContentsDiff& diff);

}  // namespace kso::diff

#endif  // KSO_COMMON_DIFF_COMPARE_H_
