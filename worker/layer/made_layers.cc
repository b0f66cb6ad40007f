// SPDX-License-Identifier: Apache-2.0
#include "worker/layer/made_layers.h"

#include <algorithm>
#include <utility>

namespace kso::worker {

MadeLayers::MadeLayers(std::filesystem::path directory, size_t most_files)
    : records_(std::move(directory)), most_files_(most_files) {
  absl::MutexLock lock(&mutex_);
  for (MadeLayer& layer : records_.TakeOver()) Keep(std::move(layer));
}

void MadeLayers::Add(MadeLayer layer) {
  absl::MutexLock lock(&mutex_);
  records_.Add(layer);
  Keep(std::move(layer));
}

std::optional<std::vector<MadeFile>> MadeLayers::Find(
    const std::string& digest, const std::string& diff_id) const {
  absl::MutexLock lock(&mutex_);
  for (const MadeLayer& layer : layers_) {
    if (layer.digest == digest && layer.diff_id == diff_id) return layer.files;
  }
  return std::nullopt;
}

void MadeLayers::Keep(MadeLayer layer) {
  const auto known = std::find_if(
      layers_.begin(), layers_.end(),
      [&](const MadeLayer& other) { return other.digest == layer.digest; });
  if (known != layers_.end()) {
    files_ -= known->files.size();
    layers_.erase(known);
  }
  files_ += layer.files.size();
  layers_.push_back(std::move(layer));
  while (files_ > most_files_) {
    files_ -= layers_.front().files.size();
    records_.Remove(layers_.front().digest);
    layers_.pop_front();
  }
}

}  // namespace kso::worker
