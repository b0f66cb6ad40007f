// SPDX-License-Identifier: Apache-2.0
#include "worker/unpack/layer_records.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/base/strings.h"
#include "common/base/version.h"
#include "common/files/directory.h"
#include "common/files/remove_tree.h"
#include "worker/disk/record_file.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNameDigits = 30;
constexpr std::string_view kSuffix = ".whole";

// "KEY BYTES VERSION BOOT". Another version may unpack in another way.
std::optional<LayerRecords::Record> ReadRecord(const fs::path& path,
                                               const std::string& boot) {
  std::ifstream stream(path);
  std::string key;
  int64_t bytes = -1;
  std::string version;
  std::string written_in;
  stream >> key >> bytes >> version >> written_in;
  if (!stream || bytes < 0 || version != kVersion || written_in != boot) {
    return std::nullopt;
  }
  const absl::StatusOr<Digest> digest = Digest::Parse(key);
  if (!digest.ok() ||
      path.filename() != Concat(LayerRecords::NameOf(*digest), kSuffix)) {
    return std::nullopt;
  }
  return LayerRecords::Record{*digest, bytes};
}

}  // namespace

LayerRecords::LayerRecords(fs::path directory, std::string boot)
    : directory_(std::move(directory)), boot_(std::move(boot)) {}

std::vector<LayerRecords::Record> LayerRecords::TakeOver() const {
  std::vector<std::pair<fs::file_time_type, Record>> found;
  std::set<fs::path> keep;
  std::vector<fs::path> all;
  // Layers that cannot be listed are unpacked again.
  ForEachEntry(directory_, [&](const fs::directory_entry& entry) {
    const fs::path& path = entry.path();
    all.push_back(path);
    if (path.extension() != kSuffix || boot_.empty()) return;
    const std::optional<Record> record = ReadRecord(path, boot_);
    if (!record.has_value()) return;
    const fs::path layer = directory_ / NameOf(record->key);
    std::error_code absent;
    if (!fs::is_directory(fs::symlink_status(layer, absent))) return;
    found.emplace_back(fs::last_write_time(path, absent), *record);
    keep.insert({path, layer});
  }).IgnoreError();
  for (const fs::path& path : all) {
    // A tree that cannot be removed is in the way of nothing.
    if (!keep.contains(path)) RemoveTree(path).IgnoreError();
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Record> records;
  for (auto& [time, record] : found) records.push_back(std::move(record));
  return records;
}

void LayerRecords::Add(const Record& record) const {
  if (boot_.empty()) return;
  WriteRecordFile(PathOf(record.key),
                  Concat(record.key.ToString(), " ", record.bytes, " ",
                         kVersion, " ", boot_, "\n"));
}

void LayerRecords::Remove(const Digest& key) const {
  std::error_code ignored;
  fs::remove(PathOf(key), ignored);
}

std::string LayerRecords::NameOf(const Digest& key) {
  return key.hex().substr(0, kNameDigits);
}

fs::path LayerRecords::PathOf(const Digest& key) const {
  return directory_ / Concat(NameOf(key), kSuffix);
}

std::string BootOfThisMachine() {
  std::ifstream stream("/proc/sys/kernel/random/boot_id");
  std::string boot;
  stream >> boot;
  return boot;
}

}  // namespace kso::worker
