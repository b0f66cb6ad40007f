#include "worker/verify/image_unpacker.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "common/base/byte_stream.h"
#include "common/base/run_all.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/layer/layer_writer.h"
#include "common/oci/media_types.h"
#include "worker/fetch/counting_sink.h"
#include "worker/task/cancellable_sink.h"
#include "worker/task/failure.h"

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
    if (!layers_.Has(blobs[i], diff_id)) missing_bytes += blobs[i].size();
    jobs.emplace_back([this, &blobs, &root, i, diff_id]() -> absl::Status {
      KSO_ASSIGN_OR_RETURN(root.layers[i], UnpackLayer(blobs[i], diff_id, i));
      return absl::OkStatus();
    });
  }
  // Unpacked they are at least as large. What cannot fit is not begun.
  KSO_RETURN_IF_ERROR(WorkerTrouble(sources_.cache->MakeRoom(missing_bytes)));
  KSO_RETURN_IF_ERROR(
      RunAll(static_cast<int>(std::thread::hardware_concurrency()), jobs));
  return root;
}

absl::StatusOr<UnpackedLayer> ImageUnpacker::UnpackLayer(
    const v1::Descriptor& blob, const Digest& diff_id, size_t i) {
  const std::vector<LayerSource> sources = {
      {std::string(oci::kOciLayerTar),
       [&](ByteSink& sink) { return SendMadeTar(blob, sink); }},
      {blob.media_type(),
       [&](ByteSink& sink) { return SendCachedBlob(blob, sink); }},
      {blob.media_type(), [&](ByteSink& sink) {
         CountingSink counting(sink, control_);
         return sources_.destination->GetBlob(sources_.repository, blob,
                                              counting);
       }}};
  const absl::StatusOr<UnpackedLayer> layer = layers_.Get(
      blob, diff_id, directory_ / Concat("layer-", i), sources, control_);
  if (layer.ok()) return layer;
  return Prefixed(layer.status(), Concat("layer ", blob.digest(), ": "));
}

absl::Status ImageUnpacker::SendMadeTar(const v1::Descriptor& blob,
                                        ByteSink& sink) {
  std::optional<std::vector<LayerFile>> files =
      sources_.made_layers->Find(blob.digest());
  if (!files.has_value()) return absl::NotFoundError("not made here");
  CancellableSink cancellable(sink, control_);
  return WriteLayerTar(*std::move(files), cancellable);
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
