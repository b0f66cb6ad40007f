// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/image_tree.h"

#include <string_view>

#include "common/base/strings.h"

namespace kso::cli {
namespace {

std::string_view KeyOf(const std::string& key) { return key; }
template <typename Value>
std::string_view KeyOf(const std::pair<const std::string, Value>& entry) {
  return entry.first;
}

// Removes all that is below a directory; of the image's root, everything.
template <typename Paths>
void RemoveBelow(const std::string& directory, Paths& paths) {
  const std::string prefix = directory.empty() ? "" : Concat(directory, "/");
  auto at = paths.lower_bound(prefix);
  while (at != paths.end() && KeyOf(*at).starts_with(prefix)) {
    at = paths.erase(at);
  }
}

void Hide(const LayerScan& layer, ImageTree& tree) {
  for (const std::string& path : layer.hidden) {
    tree.files.erase(path);
    tree.odd.erase(path);
    RemoveBelow(path, tree.files);
    RemoveBelow(path, tree.odd);
  }
  for (const std::string& directory : layer.opaque) {
    RemoveBelow(directory, tree.files);
    RemoveBelow(directory, tree.odd);
  }
}

}  // namespace

ImageTree TreeOf(const std::vector<std::shared_ptr<const LayerScan>>& layers) {
  ImageTree tree;
  for (size_t i = 0; i < layers.size(); ++i) {
    Hide(*layers[i], tree);
    for (const auto& [path, file] : layers[i]->files) {
      tree.odd.erase(path);
      tree.files[path] = {.file = &file, .layer = i};
    }
    for (const std::string& path : layers[i]->odd) {
      tree.files.erase(path);
      tree.odd.insert(path);
    }
  }
  return tree;
}

}  // namespace kso::cli
