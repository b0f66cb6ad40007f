// SPDX-License-Identifier: Apache-2.0
#include "common/release_file/problems.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "common/text/printable_text.h"

namespace kso::release_file {

std::string Place::ToString() const {
  return line > 0 ? absl::StrCat(file, ":", line) : file;
}

void Problems::Add(Place place, absl::string_view what,
                   absl::string_view advice) {
  std::string text(what);
  if (!advice.empty()) absl::StrAppend(&text, "; ", advice);
  // Parts of it are as somebody's file has them.
  items_.push_back({std::move(place), PrintableText(ToStd(text))});
}

absl::Status Problems::ToStatus() const {
  if (items_.empty()) return absl::OkStatus();
  absl::flat_hash_map<std::string, size_t> order;
  for (const Item& item : items_) {
    order.try_emplace(item.place.file, order.size());
  }
  std::vector<const Item*> sorted;
  for (const Item& item : items_) sorted.push_back(&item);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const Item* a, const Item* b) {
                     return std::pair(order[a->place.file], a->place.line) <
                            std::pair(order[b->place.file], b->place.line);
                   });
  return absl::InvalidArgumentError(
      absl::StrJoin(sorted, "\n", [](std::string* out, const Item* item) {
        absl::StrAppend(out, item->place.ToString(), ": ", item->text);
      }));
}

}  // namespace kso::release_file
