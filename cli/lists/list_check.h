// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_LIST_CHECK_H_
#define KSO_CLI_LISTS_LIST_CHECK_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/lists/list_items.h"
#include "cli/lists/listing.h"

namespace kso::cli {

// Something in a list that is allowed, and often a mistake.
struct Smell {
  // "my-release/files-amd64.list:3".
  std::string place;
  std::string item;
  std::string what;
  std::string advice;
};

// Finds in lists of any origin
//
//   - URLs that speak of another architecture than their list;
//   - files without a hash;
//   - tags and branches whose content changes under the same name;
//   - hosts and paths from which content has moved away;
//   - where `kubespray` is not null, versions that it does not name, and items
//     that it does not know at all.
std::vector<Smell> CheckLists(const std::vector<ListItem>& items,
                              const Listing* kubespray);

// For a person, one "PLACE: ITEM: WHAT; ADVICE" a line.
std::string SmellsText(const std::vector<Smell>& smells);

// For programs: {"warnings": [{"place", "item", "what", "advice"}]}.
nlohmann::ordered_json SmellsJson(const std::vector<Smell>& smells);
// The list in it alone.
nlohmann::ordered_json SmellsArray(const std::vector<Smell>& smells);

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_LIST_CHECK_H_
