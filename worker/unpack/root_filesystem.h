// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_UNPACK_ROOT_FILESYSTEM_H_
#define KSO_WORKER_UNPACK_ROOT_FILESYSTEM_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/unpack/layer_cache.h"

namespace kso::worker {

// The layers that overlayfs makes an image's root file system of.
struct RootFilesystem {
  // The directory that holds the layers.
  std::filesystem::path directory;
  // The lowest first.
  std::vector<UnpackedLayer> layers;
};

// A small file of it, at most 1 MiB, as overlayfs would show it. NOT_FOUND when
// there is none; FAILED_PRECONDITION when a link or something else is on the
// way: nothing is followed.
absl::StatusOr<std::string> ReadFileOf(const RootFilesystem& root,
                                       std::string_view path);

}  // namespace kso::worker

#endif  // KSO_WORKER_UNPACK_ROOT_FILESYSTEM_H_
