// SPDX-License-Identifier: Apache-2.0
#include "worker/unpack/layer_unpacker.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/base/status_macros.h"
#include "common/blob/verifying_source.h"
#include "common/content/utf8_locale.h"
#include "common/files/file_io.h"
#include "common/layer/decompression.h"
#include "common/run/exceptions.h"
#include "common/run/threads.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

// The most that a layer may grow by when it is decompressed. Deflate shrinks
// nothing to less than a 1032nd (zlib's technical notes), so no gzip layer is
// refused for being made of zeros; zstd has no such bound.
constexpr int64_t kMostExpansion = 1032;
constexpr int64_t kAlwaysAllowed = 64 << 20;

// How far the blob may arrive ahead of its unpacking.
constexpr size_t kMostAhead = 256 << 10;

absl::Status ReadToEnd(ByteSource& source) {
  char buffer[4096];
  while (true) {
    KSO_ASSIGN_OR_RETURN(const size_t count,
                         source.Read(buffer, sizeof(buffer)));
    if (count == 0) return absl::OkStatus();
  }
}

}  // namespace

LayerUnpacker::LayerUnpacker(PackedLayer layer, std::filesystem::path directory,
                             MakeRoom make_room)
    : layer_(std::move(layer)),
      directory_(std::move(directory)),
      make_room_(std::move(make_room)),
      pipe_(kMostAhead),
      result_(absl::InternalError("not unpacked yet")) {
  absl::StatusOr<std::thread> thread = StartThread([this] { Run(); });
  if (thread.ok()) {
    thread_ = *std::move(thread);
  } else {
    result_ = WorkerTrouble(thread.status());
    pipe_.EndReading(result_.status());
  }
}

LayerUnpacker::~LayerUnpacker() {
  if (!thread_.joinable()) return;
  pipe_.EndWriting(absl::CancelledError("cancelled"));
  thread_.join();
}

absl::StatusOr<int64_t> LayerUnpacker::Finish(const absl::Status& sent) {
  pipe_.EndWriting(sent);
  if (thread_.joinable()) thread_.join();
  // Where the unpacking failed first, `sent` only tells of that.
  if (result_.ok() && !sent.ok()) return sent;
  return std::move(result_);
}

void LayerUnpacker::Run() {
  result_ = WithoutExceptions([this] { return Unpack(); });
  // Bytes that follow the tar in its blob do not matter.
  pipe_.EndReading(result_.status());
}

absl::StatusOr<int64_t> LayerUnpacker::Unpack() {
  // The current directory of this thread alone.
  if (unshare(CLONE_FS) != 0 || chdir(directory_.c_str()) != 0) {
    return WorkerTrouble(FileError(errno, "unpack to", directory_));
  }
  const Utf8Locale locale;
  const int64_t most_bytes =
      std::max(kAlwaysAllowed, kMostExpansion * layer_.size);
  KSO_ASSIGN_OR_RETURN(
      std::unique_ptr<ByteSource> decompressed,
      CreateDecompressingSource(&pipe_, layer_.media_type, most_bytes));
  const std::unique_ptr<ByteSource> tar = CreateVerifyingSource(
      std::move(decompressed), layer_.diff_id, std::nullopt);
  KSO_ASSIGN_OR_RETURN(
      const int64_t bytes,
      UnpackTar(*tar,
                {.most_bytes = most_bytes, .most_entries = layer_.most_entries},
                make_room_));
  KSO_RETURN_IF_ERROR(ReadToEnd(*tar));
  return bytes;
}

}  // namespace kso::worker
