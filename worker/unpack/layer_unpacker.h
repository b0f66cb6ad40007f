// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_UNPACK_LAYER_UNPACKER_H_
#define KSO_WORKER_UNPACK_LAYER_UNPACKER_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/bytes/byte_pipe.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "worker/unpack/tar_unpacker.h"

namespace kso::worker {

// A layer as its image describes it.
struct PackedLayer {
  // Of its blob (OCI image spec, media-types.md).
  std::string media_type;
  int64_t size = 0;
  // Of the tar inside (OCI image spec, config.md).
  Digest diff_id;
  // As in TarBounds.
  int64_t most_entries = TarBounds().most_entries;
};

// Unpacks a layer, as tar_unpacker.h says, while its blob arrives, on a thread
// of its own. Verifies the tar; the blob's own digest is the matter of who
// sends it. Not thread safe.
class LayerUnpacker : public ByteSink {
 public:
  // `directory` is empty and the caller's alone. `make_room` is called from the
  // other thread.
  LayerUnpacker(PackedLayer layer, std::filesystem::path directory,
                MakeRoom make_room);
  // Ends the unpacking where that has not ended.
  ~LayerUnpacker() override;

  absl::Status Write(std::string_view bytes) override {
    return pipe_.Write(bytes);
  }

  // At the end, which `sent` says is that of the blob, or why not all of it
  // came: the bytes of all files together. DATA_LOSS when the tar is not that
  // of the diffID; what else can go wrong is as UnpackTar says, and
  // FAILED_PRECONDITION for a layer that gets absurdly large. After an error,
  // what is in the directory is of no use. Call once.
  absl::StatusOr<int64_t> Finish(const absl::Status& sent);

 private:
  void Run();
  absl::StatusOr<int64_t> Unpack();

  const PackedLayer layer_;
  const std::filesystem::path directory_;
  const MakeRoom make_room_;
  BytePipe pipe_;
  // Of the thread, until it has ended.
  absl::StatusOr<int64_t> result_;
  std::thread thread_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_UNPACK_LAYER_UNPACKER_H_
