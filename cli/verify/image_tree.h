// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_IMAGE_TREE_H_
#define KSO_CLI_VERIFY_IMAGE_TREE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/verify/layer_scan.h"

namespace kso::cli {

// A file of an image as one that runs sees it.
struct TreeFile {
  const ScannedFile* file = nullptr;
  // The layer that it is in, from 0.
  size_t layer = 0;
};

// The files of an image that it serves, all layers together.
struct ImageTree {
  std::map<std::string, TreeFile> files;
  // Paths at which there is something else.
  std::set<std::string> odd;
};

// `layers` are those of the image, the lowest first; they must outlive the
// result.
ImageTree TreeOf(const std::vector<std::shared_ptr<const LayerScan>>& layers);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_IMAGE_TREE_H_
