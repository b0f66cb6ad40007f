// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_FILE_PROBLEMS_H_
#define KSO_COMMON_RELEASE_FILE_PROBLEMS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace kso::release_file {

// A line of an input file.
struct Place {
  // The file's path as the caller of the reader named it.
  std::string file;
  // Counts from 1; 0 for the file as a whole.
  int line = 0;

  // "FILE:LINE".
  std::string ToString() const;
};

// Everything that is wrong with the input, collected so that a person mends it
// in one go. Not thread safe.
class Problems {
 public:
  // `what` is wrong there; `advice` is what to do about it, and may be empty.
  void Add(Place place, absl::string_view what, absl::string_view advice = "");

  bool empty() const { return items_.empty(); }

  // OK, or INVALID_ARGUMENT with one "FILE:LINE: what; advice" a line, files in
  // the order in which they came up, and lines ascending.
  absl::Status ToStatus() const;

 private:
  struct Item {
    Place place;
    std::string text;
  };

  std::vector<Item> items_;
};

}  // namespace kso::release_file

#endif  // KSO_COMMON_RELEASE_FILE_PROBLEMS_H_
