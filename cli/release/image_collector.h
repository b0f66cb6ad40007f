// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RELEASE_IMAGE_COLLECTOR_H_
#define KSO_CLI_RELEASE_IMAGE_COLLECTOR_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cli/release/problems.h"
#include "kso/v1/build.pb.h"

namespace kso::cli {

// Makes ImageRequests of the lines of a list, one a reference. Not thread safe.
class ImageCollector {
 public:
  // `problems` must outlive it.
  explicit ImageCollector(Problems* problems) : problems_(problems) {}

  // `location` is how the coordinator may call the line.
  void AddLine(absl::string_view line, const Place& place,
               absl::string_view location);

  // In the order of the list.
  std::vector<v1::ImageRequest> Finish() const { return images_; }

 private:
  struct Seen {
    std::string reference;
    Place place;
  };

  Problems* const problems_;
  std::vector<v1::ImageRequest> images_;
  // By the name under which the loaded registry has it: "k8s/pause:3.9".
  std::map<std::string, Seen, std::less<>> by_target_;
};

}  // namespace kso::cli

#endif  // KSO_CLI_RELEASE_IMAGE_COLLECTOR_H_
