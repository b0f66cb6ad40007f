// SPDX-License-Identifier: Apache-2.0
#include "common/layer/decompression.h"

#include <archive.h>

#include <cstdlib>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/content/archive_reader.h"
#include "common/layer/formats.h"

namespace kso {
namespace {

using SupportFilter = int (*)(struct archive*);

// libarchive's raw archive has one entry: the output of its filters.
class DecompressingSource : public ByteSource {
 public:
  DecompressingSource(ByteSource* blob, SupportFilter support_filter,
                      int64_t most_bytes)
      : most_bytes_(most_bytes), reader_(blob) {
    archive_read_support_format_raw(reader_.get());
    archive_read_support_format_empty(reader_.get());
    support_filter(reader_.get());
  }

  // Opening reads, so it waits until somebody does.
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (!begun_) {
      begun_ = true;
      KSO_RETURN_IF_ERROR(Begin());
    }
    if (ended_) return size_t{0};
    const la_ssize_t count = archive_read_data(reader_.get(), buffer, size);
    if (count < 0) return reader_.Failure();
    total_ += count;
    if (total_ > most_bytes_) {
      return absl::FailedPreconditionError(
          Concat("it has more than ", most_bytes_,
                 " bytes when decompressed, which no sensible layer of its "
                 "size has"));
    }
    ended_ = count == 0;
    return static_cast<size_t>(count);
  }

 private:
  absl::Status Begin() {
    KSO_RETURN_IF_ERROR(reader_.Open());
    struct archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader_.get(), &entry);
    if (result == ARCHIVE_EOF) ended_ = true;
    if (result == ARCHIVE_OK || result == ARCHIVE_EOF) return absl::OkStatus();
    return reader_.Failure();
  }

  const int64_t most_bytes_;
  ArchiveReader reader_;
  bool begun_ = false;
  bool ended_ = false;
  int64_t total_ = 0;
};

SupportFilter FilterFor(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return archive_read_support_filter_none;
    case Compression::kGzip:
      return archive_read_support_filter_gzip;
    case Compression::kZstd:
      return archive_read_support_filter_zstd;
  }
  std::abort();  // No enumerator is left.
}

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> CreateDecompressingSource(
    ByteSource* blob, std::string_view media_type, int64_t most_bytes) {
  const LayerFormat* format = FindLayerFormat(media_type);
  if (format == nullptr) {
    return absl::InvalidArgumentError(
        Concat("layers of type ", media_type, " are not known"));
  }
  return std::make_unique<DecompressingSource>(
      blob, FilterFor(format->compression), most_bytes);
}

}  // namespace kso
