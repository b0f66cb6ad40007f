// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_LIST_DIFF_H_
#define KSO_CLI_LISTS_LIST_DIFF_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/lists/list_items.h"

namespace kso::cli {

// The difference between two lists of the same kind of thing.
struct ListChange {
  enum class Kind {
    kAdded,
    kRemoved,
    // Another version of the same.
    kVersion,
    // The same file name or image name, from elsewhere.
    kMoved,
    // The same URL with another hash: upstream, or a list, replaced it.
    kHash,
  };

  Kind kind;
  // The item without its version; what is new where it moved.
  std::string name;
  // Versions, hashes, or the whole items where one moved; empty where there is
  // none.
  std::string before;
  std::string after;
};

// Ordered: files before images, then by name. An item that is in the lists of
// two architectures counts once.
std::vector<ListChange> DiffLists(const std::vector<ListItem>& before,
                                  const std::vector<ListItem>& after);

// The changes for a person, one a line.
std::string DiffText(const std::vector<ListChange>& changes);

// The same for programs: {"changes": [{"kind", "name", "before", "after"}]}.
nlohmann::ordered_json DiffJson(const std::vector<ListChange>& changes);

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_LIST_DIFF_H_
