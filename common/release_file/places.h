// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_FILE_PLACES_H_
#define KSO_COMMON_RELEASE_FILE_PLACES_H_

#include <map>
#include <optional>
#include <utility>

#include "common/release/problem.h"
#include "common/release_file/problems.h"

namespace kso::release_file {

// Where the fields of a release stand in the input, for messages about what the
// rules of common/release find. Not thread safe.
class Places {
 public:
  // `index` is that of an element of a repeated field.
  void Set(release::Field field, Place place) {
    Set(field, /*index=*/-1, std::move(place));
  }
  void Set(release::Field field, int index, Place place) {
    places_[{field, index}] = std::move(place);
  }

  // Nothing for a field that could not be read, which has been reported.
  std::optional<Place> Find(release::Field field, int index) const {
    const auto found = places_.find({field, index});
    if (found == places_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::map<std::pair<release::Field, int>, Place> places_;
};

}  // namespace kso::release_file

#endif  // KSO_COMMON_RELEASE_FILE_PLACES_H_
