// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/image_unpacker.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/run/run_all.h"
#include "worker/disk/disk_room.h"
#include "worker/fetch/fetch_progress_sink.h"
#include "worker/task/cancellable_sink.h"
#include "worker/unpack/made_files.h"

namespace kso::worker {

ImageUnpacker::ImageUnpacker(Sources sources, std::filesystem::path directory,
                             LayerCache* layers, TaskControl* control)
    : sources_(std::move(sources)),
      directory_(std::move(directory)),
      layers_(*layers),
      control_(*control) {}

absl::StatusOr<RootFilesystem> ImageUnpacker::Unpack(
    const std::vector<v1::Descriptor>& blobs,
    const std::vector<std::string>& diff_ids) {
  if (blobs.size() != diff_ids.size()) {
    return absl::FailedPreconditionError(
        Concat("the image's manifest has ", blobs.size(),
               " layers, its config ", diff_ids.size()));
  }
  RootFilesystem root{.directory = layers_.directory(),
                      .layers = std::vector<UnpackedLayer>(blobs.size())};
  int64_t missing_bytes = 0;
  std::vector<std::function<absl::Status()>> jobs;
  for (size_t i = 0; i < blobs.size(); ++i) {
    KSO_ASSIGN_OR_RETURN(const Digest diff_id, Digest::Parse(diff_ids[i]));
    CachedFiles cached = FilesInCache(blobs[i].digest(), diff_ids[i]);
    // The bytes of cached files are on the disk already.
    if (cached.files.empty() && !layers_.Has(blobs[i], diff_id)) {
      missing_bytes = SaturatingAdd(missing_bytes, blobs[i].size());
    }
    jobs.emplace_back([this, &blobs, &root, i, diff_id,
                       cached = std::move(cached)]() -> absl::Status {
      KSO_ASSIGN_OR_RETURN(root.layers[i],
                           UnpackLayer(blobs[i], diff_id, i, cached));
      return absl::OkStatus();
    });
  }
  // Unpacked they are at least as large. What cannot fit is not begun.
  KSO_RETURN_IF_ERROR(
      MakeRoomForClaim(*sources_.cache, directory_, missing_bytes));
  KSO_RETURN_IF_ERROR(
      RunAll(static_cast<int>(std::thread::hardware_concurrency()), jobs));
  return root;
}

ImageUnpacker::CachedFiles ImageUnpacker::FilesInCache(
    const std::string& digest, const std::string& diff_id) {
  std::optional<std::vector<MadeFile>> files =
      sources_.made_layers->Find(digest, diff_id);
  if (!files.has_value()) return {};
  CachedFiles cached;
  for (const MadeFile& file : *files) {
    cached.pins.push_back(sources_.cache->Pin(file.blob));
    if (!sources_.cache->Stat(file.blob).ok()) return {};
  }
  cached.files = *std::move(files);
  return cached;
}

absl::StatusOr<UnpackedLayer> ImageUnpacker::UnpackLayer(
    const v1::Descriptor& blob, const Digest& diff_id, size_t i,
    CachedFiles cached) {
  const PackedLayer packed = {
      .media_type = blob.media_type(), .size = blob.size(), .diff_id = diff_id};
  std::vector<LayerSource> sources;
  if (!cached.files.empty()) {
    sources.push_back(LinkMadeFiles(cached.files, sources_.cache, &control_));
  }
  sources.push_back(UnpackWhatIsSent(
      packed, [&](ByteSink& sink) { return SendCachedBlob(blob, sink); }));
  sources.push_back(UnpackWhatIsSent(packed, [&](ByteSink& sink) {
    FetchProgressSink progress(sink, control_);
    return sources_.destination->GetBlob(sources_.repository, blob, progress);
  }));
  absl::StatusOr<UnpackedLayer> layer = layers_.Get(
      blob, diff_id, directory_ / Concat("layer-", i), sources, control_);
  if (!layer.ok()) {
    return Prefixed(layer.status(), Concat("layer ", blob.digest(), ": "));
  }
  // To evict what the layer has a link to would free nothing.
  cached.pins.push_back(std::move(layer->pin));
  layer->pin = std::make_shared<const std::vector<std::shared_ptr<const void>>>(
      std::move(cached.pins));
  return layer;
}

absl::Status ImageUnpacker::SendCachedBlob(const v1::Descriptor& blob,
                                           ByteSink& sink) {
  KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source,
                       sources_.cache->Open(digest, 0));
  CancellableSink cancellable(sink, control_);
  return CopyBytes(*source, cancellable).status();
}

}  // namespace kso::worker
