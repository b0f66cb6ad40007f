// SPDX-License-Identifier: Apache-2.0
#include "worker/layer/made_layer_records.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "common/base/strings.h"
#include "common/files/directory.h"
#include "kso/v1/worker_disk.pb.h"
#include "worker/disk/record_file.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

constexpr size_t kHexDigits = 64;

std::string Encode(const MadeLayer& layer) {
  v1::MadeLayerRecord record;
  record.set_digest(layer.digest);
  record.set_diff_id(layer.diff_id);
  for (const MadeFile& file : layer.files) {
    v1::MadeFileRecord& entry = *record.add_files();
    entry.set_path(file.path);
    entry.set_size(file.size);
    entry.set_mode(file.mode);
    entry.set_mtime(file.mtime);
    entry.set_blob(file.blob.ToString());
  }
  const std::string bytes = record.SerializeAsString();
  return Concat(Sha256Of(bytes).hex(), bytes);
}

std::optional<MadeLayer> Decode(const std::string& text) {
  if (text.size() < kHexDigits) return std::nullopt;
  const std::string bytes = text.substr(kHexDigits);
  v1::MadeLayerRecord record;
  if (Sha256Of(bytes).hex() != text.substr(0, kHexDigits) ||
      !record.ParseFromString(bytes)) {
    return std::nullopt;
  }
  MadeLayer layer{.digest = record.digest(), .diff_id = record.diff_id()};
  for (const v1::MadeFileRecord& entry : record.files()) {
    const absl::StatusOr<Digest> blob = Digest::Parse(entry.blob());
    if (!blob.ok()) return std::nullopt;
    layer.files.push_back({.path = entry.path(),
                           .size = entry.size(),
                           .mode = entry.mode(),
                           .mtime = entry.mtime(),
                           .blob = *blob});
  }
  return layer;
}

}  // namespace

MadeLayerRecords::MadeLayerRecords(fs::path directory)
    : directory_(std::move(directory)) {
  std::error_code ignored;
  fs::create_directories(directory_, ignored);
}

std::vector<MadeLayer> MadeLayerRecords::TakeOver() const {
  std::vector<std::pair<fs::file_time_type, MadeLayer>> found;
  // Layers that cannot be listed are made again.
  ForEachEntry(directory_, [&](const fs::directory_entry& entry) {
    std::ifstream stream(entry.path(), std::ios::binary);
    std::optional<MadeLayer> layer =
        Decode(std::string(std::istreambuf_iterator<char>(stream), {}));
    std::error_code ignored;
    if (layer.has_value() && PathOf(layer->digest) == entry.path()) {
      found.emplace_back(entry.last_write_time(ignored), *std::move(layer));
    } else {
      fs::remove(entry.path(), ignored);
    }
  }).IgnoreError();
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<MadeLayer> layers;
  for (auto& [time, layer] : found) layers.push_back(std::move(layer));
  return layers;
}

void MadeLayerRecords::Add(const MadeLayer& layer) const {
  WriteRecordFile(PathOf(layer.digest), Encode(layer));
}

void MadeLayerRecords::Remove(const std::string& digest) const {
  std::error_code ignored;
  fs::remove(PathOf(digest), ignored);
}

fs::path MadeLayerRecords::PathOf(const std::string& digest) const {
  return directory_ / Sha256Of(digest).hex();
}

}  // namespace kso::worker
