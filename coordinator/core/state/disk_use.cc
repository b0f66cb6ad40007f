// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/disk_use.h"

#include <algorithm>

#include "common/base/sizes.h"

namespace kso::coordinator {

DiskUse::Part& DiskUse::PartOf(const std::string& build_id,
                               const std::string& who) {
  Part& part = parts_[build_id];
  part.who = who;
  return part;
}

bool DiskUse::AddBlob(const std::string& build_id, const std::string& who,
                      const std::string& digest, int64_t size) {
  if (!PartOf(build_id, who).blobs.insert(digest).second) return false;
  Holder& holder = holders_[who];
  Blob& blob = holder.blobs[digest];
  if (++blob.builds > 1) return false;
  blob.size = std::max<int64_t>(size, 0);
  holder.bytes = SaturatingAdd(holder.bytes, blob.size);
  return true;
}

void DiskUse::AddRecord(const std::string& build_id, const std::string& who,
                        size_t bytes) {
  const auto size = static_cast<int64_t>(bytes);
  PartOf(build_id, who).record_bytes += size;
  Holder& holder = holders_[who];
  holder.bytes = SaturatingAdd(holder.bytes, size);
}

void DiskUse::Remove(const std::string& build_id) {
  const auto part = parts_.find(build_id);
  if (part == parts_.end()) return;
  const auto holder = holders_.find(part->second.who);
  int64_t freed = part->second.record_bytes;
  for (const std::string& digest : part->second.blobs) {
    const auto blob = holder->second.blobs.find(digest);
    if (--blob->second.builds > 0) continue;
    freed = SaturatingAdd(freed, blob->second.size);
    holder->second.blobs.erase(blob);
  }
  holder->second.bytes = std::max<int64_t>(holder->second.bytes - freed, 0);
  parts_.erase(part);
  if (holder->second.blobs.empty() && holder->second.bytes == 0) {
    holders_.erase(holder);
  }
}

int64_t DiskUse::BytesOf(const std::string& who) const {
  const auto holder = holders_.find(who);
  return holder == holders_.end() ? 0 : holder->second.bytes;
}

int64_t DiskUse::BytesOnlyOf(const std::string& build_id) const {
  const auto part = parts_.find(build_id);
  if (part == parts_.end()) return 0;
  const Holder& holder = holders_.at(part->second.who);
  int64_t bytes = part->second.record_bytes;
  for (const std::string& digest : part->second.blobs) {
    const Blob& blob = holder.blobs.at(digest);
    if (blob.builds == 1) bytes = SaturatingAdd(bytes, blob.size);
  }
  return bytes;
}

}  // namespace kso::coordinator
