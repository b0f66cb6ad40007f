// SPDX-License-Identifier: Apache-2.0
#include "worker/unpack/layer_cache.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/file_io.h"
#include "common/files/remove_tree.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

// A blob that another one's diffID does not belong to must not pass for it, so
// both are in the key.
Digest KeyOf(const v1::Descriptor& blob, const Digest& diff_id) {
  return Sha256Of(Concat(blob.digest(), " ", diff_id.ToString()));
}

}  // namespace

LayerSource UnpackWhatIsSent(PackedLayer layer,
                             std::function<absl::Status(ByteSink& sink)> send) {
  return [layer = std::move(layer), send = std::move(send)](
             const fs::path& directory, const MakeRoom& make_room) {
    LayerUnpacker unpacker(layer, directory, make_room);
    const absl::Status sent = send(unpacker);
    return unpacker.Finish(sent);
  };
}

LayerCache::LayerCache(fs::path directory, int64_t max_bytes, std::string boot,
                       DiskBlobStore* blobs, Clock* clock)
    : directory_(std::move(directory)),
      max_bytes_(max_bytes),
      records_(directory_, std::move(boot)),
      blobs_(blobs),
      lock_(clock) {
  // There are programs in here that change their user.
  ::mkdir(directory_.c_str(), 0700);
  for (const LayerRecords::Record& record : records_.TakeOver()) {
    usage_->Add(record.key, record.bytes);
  }
  EvictExcess(0);
}

absl::StatusOr<UnpackedLayer> LayerCache::Get(
    const v1::Descriptor& blob, const Digest& diff_id, const fs::path& scratch,
    const std::vector<LayerSource>& sources, const TaskControl& control) {
  const Digest key = KeyOf(blob, diff_id);
  usage_->Pin(key);
  UnpackedLayer layer;
  layer.name = PathOf(key).filename().string();
  layer.pin = std::shared_ptr<const void>(
      nullptr, [usage = usage_, key](const void*) { usage->Unpin(key); });

  KSO_ASSIGN_OR_RETURN(const auto holder, lock_.Acquire(layer.name, control));
  if (IsThere(key)) {
    usage_->Touch(key);
    return layer;
  }
  absl::StatusOr<int64_t> bytes = absl::NotFoundError("it has no source");
  for (const LayerSource& source : sources) {
    // A remnant there would be an error of mkdir.
    RemoveTree(scratch).IgnoreError();
    bytes = Unpack(source, scratch);
    if (bytes.ok()) break;
  }
  KSO_RETURN_IF_ERROR(bytes.status());
  records_.Add({key, *bytes});
  if (::rename(scratch.c_str(), PathOf(key).c_str()) != 0) {
    return WorkerTrouble(FileError(errno, "rename", scratch));
  }
  usage_->Add(key, *bytes);
  // No room was made for what was linked.
  EvictExcess(0);
  return layer;
}

bool LayerCache::Has(const v1::Descriptor& blob, const Digest& diff_id) const {
  return IsThere(KeyOf(blob, diff_id));
}

void LayerCache::RemoveIdle() {
  while (EvictOne()) {
  }
}

fs::path LayerCache::PathOf(const Digest& key) const {
  return directory_ / LayerRecords::NameOf(key);
}

bool LayerCache::IsThere(const Digest& key) const {
  return ::access(PathOf(key).c_str(), F_OK) == 0;
}

absl::StatusOr<int64_t> LayerCache::Unpack(const LayerSource& source,
                                           const fs::path& scratch) {
  if (::mkdir(scratch.c_str(), 0755) != 0) {
    return WorkerTrouble(FileError(errno, "make", scratch));
  }
  return source(scratch, [this](int64_t bytes) { return MakeRoom(bytes); });
}

absl::Status LayerCache::MakeRoom(int64_t bytes) {
  EvictExcess(bytes);
  return WorkerTrouble(blobs_->MakeRoom(bytes));
}

void LayerCache::EvictExcess(int64_t bytes) {
  while (usage_->bytes() > max_bytes_ - bytes && EvictOne()) {
  }
}

bool LayerCache::EvictOne() {
  return usage_
      ->EvictOne([this](const Digest& key) {
        records_.Remove(key);
        // A tree that cannot be removed now is of no record, so the next
        // process tries again.
        RemoveTree(PathOf(key)).IgnoreError();
      })
      .has_value();
}

}  // namespace kso::worker
