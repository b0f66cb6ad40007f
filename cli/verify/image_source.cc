// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/image_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "cli/carry/image_archive.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/blob/blob_image_store.h"
#include "common/blob/blob_store.h"
#include "common/blob/verifying_source.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/bytes/written_blob.h"
#include "common/files/file_io.h"
#include "common/files/small_file.h"
#include "common/oci/layout_index.h"

namespace kso::cli {
namespace {

// Evidence has the tag that is made of the digest which it is about (OCI
// distribution spec, "Referrers Tag Schema").
constexpr absl::string_view kEvidenceTag = "sha256-";

// Blobs that are only read.
class ReadOnlyBlobs : public BlobStore {
 public:
  absl::Status Put(const Digest&, int64_t, ByteSource&) override {
    return absl::UnimplementedError("nothing is written here");
  }
  absl::StatusOr<int64_t> PutStream(const WriteBlob&) override {
    return absl::UnimplementedError("nothing is written here");
  }
};

class ArchiveBlobs : public ReadOnlyBlobs {
 public:
  explicit ArchiveBlobs(std::unique_ptr<ImageArchive> archive)
      : archive_(std::move(archive)) {}

  absl::StatusOr<int64_t> Stat(const Digest& digest) override {
    return archive_->SizeOf(digest);
  }
  absl::StatusOr<std::unique_ptr<ByteSource>> Open(const Digest& digest,
                                                   int64_t offset) override {
    return archive_->OpenBlob(digest, offset);
  }

 private:
  const std::unique_ptr<ImageArchive> archive_;
};

class LayoutBlobs : public ReadOnlyBlobs {
 public:
  explicit LayoutBlobs(std::filesystem::path directory)
      : directory_(std::move(directory)) {}

  absl::StatusOr<int64_t> Stat(const Digest& digest) override {
    struct stat info;
    const std::filesystem::path path = PathOf(digest);
    if (lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode)) {
      return info.st_size;
    }
    return NotThere(digest);
  }

  absl::StatusOr<std::unique_ptr<ByteSource>> Open(const Digest& digest,
                                                   int64_t offset) override {
    const std::filesystem::path path = PathOf(digest);
    absl::StatusOr<FileDescriptor> file = OpenFile(path, O_RDONLY);
    if (absl::IsNotFound(file.status())) return NotThere(digest);
    KSO_RETURN_IF_ERROR(file.status());
    if (lseek(file->get(), offset, SEEK_SET) < 0) {
      return FileError(errno, "read", path);
    }
    std::unique_ptr<ByteSource> source = SourceOfFile(*std::move(file), path);
    if (offset > 0) return source;
    return CreateVerifyingSource(std::move(source), digest, std::nullopt);
  }

 private:
  std::filesystem::path PathOf(const Digest& digest) const {
    return directory_ / oci::LayoutBlobPath(digest);
  }
  absl::Status NotThere(const Digest& digest) const {
    return absl::NotFoundError(Concat("it is not in ", directory_.string(),
                                      ": there is no ",
                                      oci::LayoutBlobPath(digest)));
  }

  const std::filesystem::path directory_;
};

// "v0.1.0" of "kubespray-files:v0.1.0"; all of a name without a colon.
std::string TagOf(const std::string& name) {
  return name.substr(name.rfind(':') + 1);
}

class BlobSource : public ImageSource {
 public:
  BlobSource(std::unique_ptr<BlobStore> blobs,
             const std::vector<oci::LayoutEntry>& images)
      : store_(CreateBlobImageStore(std::move(blobs))) {
    std::map<std::string, size_t> places;
    for (const oci::LayoutEntry& image : images) {
      const std::string& digest = image.descriptor.digest();
      NamedImage named = {.name = image.name.empty() ? digest : image.name,
                          .tag = TagOf(image.name),
                          .repository = image.name,
                          .identifier = digest};
      if (absl::StartsWith(named.tag, kEvidenceTag)) {
        evidence_.push_back(std::move(named));
        continue;
      }
      const auto [place, is_new] = places.emplace(digest, images_.size());
      if (is_new) {
        images_.push_back(std::move(named));
      } else {
        AddName(image.name, images_[place->second]);
      }
    }
  }

  oci::ImageStore& store() override { return *store_; }
  const std::vector<NamedImage>& images() const override { return images_; }
  const std::vector<NamedImage>& evidence() const override { return evidence_; }

 private:
  // A release's own name says more than "latest".
  static void AddName(const std::string& name, NamedImage& image) {
    if (absl::StartsWith(image.tag, "latest")) image.tag = TagOf(name);
    image.name += Concat(", ", name);
  }

  const std::unique_ptr<oci::ImageStore> store_;
  std::vector<NamedImage> images_;
  std::vector<NamedImage> evidence_;
};

absl::StatusOr<std::unique_ptr<ImageSource>> MakeSource(
    const std::string& where, std::unique_ptr<BlobStore> blobs,
    const std::vector<oci::LayoutEntry>& images, const std::string& since) {
  if (!since.empty()) {
    return absl::InvalidArgumentError(
        Concat(where, " has only what changed since ", since,
               ": load it where that is, and verify it there"));
  }
  auto source = std::make_unique<BlobSource>(std::move(blobs), images);
  if (source->images().empty()) {
    return absl::InvalidArgumentError(Concat(where, " has no image"));
  }
  return source;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ImageSource>> OpenArchiveSource(
    const std::vector<std::filesystem::path>& files) {
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<ImageArchive> archive,
                       ImageArchive::Open(files));
  const std::vector<oci::LayoutEntry> images = archive->images();
  const std::string since = archive->since();
  return MakeSource(files.front().string(),
                    std::make_unique<ArchiveBlobs>(std::move(archive)), images,
                    since);
}

absl::StatusOr<std::unique_ptr<ImageSource>> OpenLayoutSource(
    const std::filesystem::path& directory) {
  const absl::StatusOr<std::string> index =
      ReadSmallFile(directory / "index.json", oci::kLargestLayoutIndex);
  std::error_code ignored;
  if (absl::IsNotFound(index.status()) ||
      !std::filesystem::exists(directory / "oci-layout", ignored)) {
    return absl::InvalidArgumentError(
        Concat(directory.string(),
               " is no OCI image layout: it has no index.json and oci-layout"));
  }
  KSO_RETURN_IF_ERROR(index.status());
  const absl::StatusOr<oci::LayoutContents> contents =
      oci::ReadLayoutIndex(*index);
  if (!contents.ok()) {
    return absl::InvalidArgumentError(
        Concat(directory.string(), ": ", ToStd(contents.status().message())));
  }
  return MakeSource(directory.string(),
                    std::make_unique<LayoutBlobs>(directory), contents->images,
                    SinceOf(*contents));
}

}  // namespace kso::cli
