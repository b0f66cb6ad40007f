#include "worker/layer/made_layers.h"

#include <algorithm>

namespace kso::worker {

std::vector<LayerFile> FilesFrom(BlobStore* cache,
                                 const std::vector<MadeFile>& made) {
  std::vector<LayerFile> files;
  for (const MadeFile& file : made) {
    files.push_back({.path = file.path,
                     .size = file.size,
                     .mode = file.mode,
                     .open = [cache, digest = file.blob](int64_t offset) {
                       return cache->Open(digest, offset);
                     }});
  }
  return files;
}

void MadeLayers::Add(const std::string& digest, std::vector<MadeFile> files) {
  absl::MutexLock lock(&mutex_);
  const auto known =
      std::find_if(layers_.begin(), layers_.end(),
                   [&](const Layer& layer) { return layer.first == digest; });
  if (known != layers_.end()) {
    files_ -= known->second.size();
    layers_.erase(known);
  }
  files_ += files.size();
  layers_.emplace_back(digest, std::move(files));
  while (files_ > most_files_) {
    files_ -= layers_.front().second.size();
    layers_.pop_front();
  }
}

std::optional<std::vector<MadeFile>> MadeLayers::Find(
    const std::string& digest) const {
  absl::MutexLock lock(&mutex_);
  for (const Layer& layer : layers_) {
    if (layer.first == digest) return layer.second;
  }
  return std::nullopt;
}

}  // namespace kso::worker
