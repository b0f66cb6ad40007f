// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/image_archive.h"

#include <string_view>

#include "absl/strings/strip.h"
#include "cli/carry/export_archive.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/blob/verifying_source.h"

namespace kso::cli {
namespace {

constexpr int64_t kLargestDocument = 4 << 20;

// The digest of "blobs/sha256/HEX"; nothing for other paths.
absl::StatusOr<Digest> BlobDigest(std::string_view path) {
  absl::string_view rest = ToAbsl(path);
  const size_t slash = rest.rfind('/');
  if (!absl::ConsumePrefix(&rest, "blobs/") ||
      slash == absl::string_view::npos || slash < 6) {
    return absl::NotFoundError("not a blob");
  }
  const std::string_view algorithm = path.substr(6, slash - 6);
  return Digest::Parse(Concat(algorithm, ":", path.substr(slash + 1)));
}

// Says which files to copy again when the bytes are wrong.
class BlamingSource : public ByteSource {
 public:
  BlamingSource(std::unique_ptr<ByteSource> source, std::string files)
      : source_(std::move(source)), files_(std::move(files)) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    absl::StatusOr<size_t> count = source_->Read(buffer, size);
    if (!absl::IsDataLoss(count.status())) return count;
    return absl::DataLossError(Concat(files_, " is damaged (",
                                      ToStd(count.status().message()),
                                      "); copy it again"));
  }

 private:
  const std::unique_ptr<ByteSource> source_;
  const std::string files_;
};

}  // namespace

std::string SinceOf(const oci::LayoutContents& contents) {
  const auto found = contents.annotations.find(kSinceAnnotation);
  return found == contents.annotations.end() ? "" : found->second;
}

absl::StatusOr<std::unique_ptr<ImageArchive>> ImageArchive::Open(
    std::vector<std::filesystem::path> files) {
  auto archive = std::make_unique<ImageArchive>();
  KSO_ASSIGN_OR_RETURN(archive->reader_, PartReader::Open(std::move(files)));
  KSO_ASSIGN_OR_RETURN(const std::vector<TarEntry> entries,
                       IndexTar(*archive->reader_));
  const TarEntry* index = nullptr;
  bool is_layout = false;
  for (const TarEntry& entry : entries) {
    if (entry.path == "index.json") index = &entry;
    is_layout = is_layout || entry.path == "oci-layout";
    const absl::StatusOr<Digest> digest = BlobDigest(entry.path);
    if (digest.ok()) {
      archive->blobs_[*digest] = {entry.position, entry.size};
    }
  }
  if (!is_layout || index == nullptr) {
    return absl::InvalidArgumentError(
        Concat(archive->reader_->NamesOf(0, 1),
               " is no OCI archive: it has no index.json and oci-layout"));
  }
  KSO_RETURN_IF_ERROR(archive->ReadIndex(*index));
  return archive;
}

absl::Status ImageArchive::ReadIndex(const TarEntry& entry) {
  const std::string where = reader_->NamesOf(entry.position, entry.size);
  if (entry.size > oci::kLargestLayoutIndex) {
    return absl::InvalidArgumentError(
        Concat(where, ": its index.json is larger than 4 MiB"));
  }
  KSO_ASSIGN_OR_RETURN(const std::string content,
                       reader_->Read(entry.position, entry.size));
  absl::StatusOr<oci::LayoutContents> contents = oci::ReadLayoutIndex(content);
  if (!contents.ok()) {
    return absl::InvalidArgumentError(
        Concat(where, ": ", ToStd(contents.status().message())));
  }
  contents_ = *std::move(contents);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ImageArchive::SizeOf(const Digest& digest) const {
  const auto found = blobs_.find(digest);
  if (found != blobs_.end()) return found->second.second;
  return absl::NotFoundError(
      Concat("the archive does not have ", digest.ToString()));
}

absl::StatusOr<std::unique_ptr<ByteSource>> ImageArchive::OpenBlob(
    const Digest& digest, int64_t offset) const {
  const auto found = blobs_.find(digest);
  if (found == blobs_.end()) {
    return absl::NotFoundError(
        Concat("the archive does not have ", digest.ToString()));
  }
  const auto [position, size] = found->second;
  if (offset < 0 || offset > size) return absl::OutOfRangeError("past its end");
  std::unique_ptr<ByteSource> source =
      reader_->Source(position + offset, size - offset);
  if (offset > 0) return source;
  return std::make_unique<BlamingSource>(
      CreateVerifyingSource(std::move(source), digest, size),
      reader_->NamesOf(position, size));
}

absl::StatusOr<std::string> ImageArchive::ReadDocument(
    const Digest& digest) const {
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source,
                       OpenBlob(digest, 0));
  return ReadAll(*source, kLargestDocument);
}

}  // namespace kso::cli
