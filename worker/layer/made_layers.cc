#include "worker/layer/made_layers.h"

#include <algorithm>
#include <utility>

namespace kso::worker {

void MadeLayers::Add(const std::string& digest, const std::string& diff_id,
                     std::vector<MadeFile> files) {
  absl::MutexLock lock(&mutex_);
  const auto known =
      std::find_if(layers_.begin(), layers_.end(),
                   [&](const Layer& layer) { return layer.digest == digest; });
  if (known != layers_.end()) {
    files_ -= known->files.size();
    layers_.erase(known);
  }
  files_ += files.size();
  layers_.push_back({digest, diff_id, std::move(files)});
  while (files_ > most_files_) {
    files_ -= layers_.front().files.size();
    layers_.pop_front();
  }
}

std::optional<std::vector<MadeFile>> MadeLayers::Find(
    const std::string& digest, const std::string& diff_id) const {
  absl::MutexLock lock(&mutex_);
  for (const Layer& layer : layers_) {
    if (layer.digest == digest && layer.diff_id == diff_id) return layer.files;
  }
  return std::nullopt;
}

}  // namespace kso::worker
