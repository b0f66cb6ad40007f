// SPDX-License-Identifier: Apache-2.0
#include "common/layer/layer_writer.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/hashing_sink.h"
#include "common/layer/formats.h"
#include "common/layer/gzip_encoder.h"
#include "common/layer/layer_encoder.h"
#include "common/layer/layer_path.h"
#include "common/layer/tar_stream.h"
#include "common/layer/zstd_encoder.h"

namespace kso {
namespace {

// Gives the first bytes of a source without losing them.
class PeekingSource : public ByteSource {
 public:
  explicit PeekingSource(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)) {}

  // The first bytes, at most as many as the longest magic number has.
  absl::StatusOr<std::string_view> Peek() {
    while (end_ < head_.size()) {
      KSO_ASSIGN_OR_RETURN(
          const size_t count,
          source_->Read(head_.data() + end_, head_.size() - end_));
      if (count == 0) break;
      end_ += count;
    }
    return std::string_view(head_.data(), end_);
  }

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (begin_ == end_) return source_->Read(buffer, size);
    const size_t count = std::min(size, end_ - begin_);
    std::memcpy(buffer, head_.data() + begin_, count);
    begin_ += count;
    return count;
  }

 private:
  const std::unique_ptr<ByteSource> source_;
  std::array<char, 6> head_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

// Returns whether a file that begins with `head` is compressed, by the magic
// numbers of gzip, xz, zstd, bzip2 and zip.
bool IsCompressed(std::string_view head) {
  return head.starts_with("\x1f\x8b") ||
         head.starts_with(std::string_view("\xfd"
                                           "7zXZ\0",
                                           6)) ||
         head.starts_with("\x28\xb5\x2f\xfd") || head.starts_with("BZh") ||
         head.starts_with("PK\x03\x04");
}

absl::Status About(const LayerFile& file, const absl::Status& status) {
  return absl::Status(status.code(),
                      Concat(file.path, ": ", ToStd(status.message())));
}

// `encoder` is null when the tar is not encoded.
absl::Status AddFile(const LayerFile& file, TarStream& tar,
                     LayerEncoder* encoder) {
  absl::StatusOr<std::unique_ptr<ByteSource>> opened = file.open(0);
  if (!opened.ok()) return About(file, opened.status());
  PeekingSource source(*std::move(opened));
  if (encoder != nullptr) {
    const absl::StatusOr<std::string_view> head = source.Peek();
    if (!head.ok()) return About(file, head.status());
    KSO_RETURN_IF_ERROR(encoder->BeginRun(IsCompressed(*head)
                                              ? LayerEncoder::Run::kCompressed
                                              : LayerEncoder::Run::kPlain));
  }
  return tar.AddFile(file.path, file.mode, file.size, source, file.mtime);
}

absl::Status AddDirectory(std::string_view path, TarStream& tar,
                          LayerEncoder* encoder) {
  if (encoder != nullptr) {
    KSO_RETURN_IF_ERROR(encoder->BeginRun(LayerEncoder::Run::kPlain));
  }
  return tar.AddDirectory(path);
}

// Adds files and their directories in one order, by path, and ends the tar.
absl::Status WriteEntries(std::vector<LayerFile> files, TarStream& tar,
                          LayerEncoder* encoder) {
  std::vector<std::string_view> paths;
  paths.reserve(files.size());
  for (const LayerFile& file : files) paths.push_back(file.path);
  KSO_ASSIGN_OR_RETURN(const std::vector<std::string> directories,
                       ParentDirectories(paths));
  std::sort(
      files.begin(), files.end(),
      [](const LayerFile& a, const LayerFile& b) { return a.path < b.path; });

  auto directory = directories.begin();
  for (const LayerFile& file : files) {
    for (; directory != directories.end() && *directory < file.path;
         ++directory) {
      KSO_RETURN_IF_ERROR(AddDirectory(*directory, tar, encoder));
    }
    KSO_RETURN_IF_ERROR(AddFile(file, tar, encoder));
  }
  if (encoder != nullptr) {
    KSO_RETURN_IF_ERROR(encoder->BeginRun(LayerEncoder::Run::kPlain));
  }
  return tar.Finish();
}

// The encoder of a compression; null where the tar itself is the layer.
std::unique_ptr<LayerEncoder> EncoderFor(Compression compression,
                                         ByteSink* sink, EncodePool* pool) {
  switch (compression) {
    case Compression::kNone:
      return nullptr;
    case Compression::kGzip:
      return std::make_unique<GzipEncoder>(sink, pool);
    case Compression::kZstd:
      return std::make_unique<ZstdEncoder>(sink, pool);
  }
  std::abort();  // No enumerator is left.
}

}  // namespace

absl::StatusOr<WrittenLayer> WriteLayer(std::vector<LayerFile> files,
                                        std::string_view media_type,
                                        ByteSink& sink, EncodePool* pool) {
  if (!IsLayerType(media_type)) {
    return absl::InvalidArgumentError(Concat("cannot write a layer of type \"",
                                             media_type, "\": it must be ",
                                             LayerTypes()));
  }
  HashingSink encoded(&sink);
  const std::unique_ptr<LayerEncoder> encoder =
      EncoderFor(FindLayerFormat(media_type)->compression, &encoded, pool);
  HashingSink archive(encoder != nullptr ? static_cast<ByteSink*>(encoder.get())
                                         : &encoded);
  TarStream tar(&archive);
  KSO_RETURN_IF_ERROR(WriteEntries(std::move(files), tar, encoder.get()));
  if (encoder != nullptr) KSO_RETURN_IF_ERROR(encoder->Finish());

  const WrittenBlob blob = encoded.Finish();
  v1::Descriptor descriptor;
  descriptor.set_media_type(std::string(media_type));
  descriptor.set_digest(blob.digest.ToString());
  descriptor.set_size(blob.size);
  return WrittenLayer{std::move(descriptor), archive.Finish().digest};
}

}  // namespace kso
