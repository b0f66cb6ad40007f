// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_DIFF_COMPARE_H_
#define KSO_CLI_DIFF_COMPARE_H_

#include <string>
#include <vector>

#include "cli/diff/contents.h"

namespace kso::cli {

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

}  // namespace kso::cli

#endif  // KSO_CLI_DIFF_COMPARE_H_
