// SPDX-License-Identifier: Apache-2.0
#include "common/blob/blob_image_store.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/text/json.h"

namespace kso {
namespace {

// The largest manifest that is taken, as everywhere.
constexpr size_t kMaxManifestBytes = 4 << 20;

// A blob store keeps no media types, so the document has to say what it is: by
// its `mediaType`, or, as OCI documents may leave that out, by its shape.
std::string MediaTypeOf(std::string_view content) {
  const absl::StatusOr<Json> json = ParseJson(content);
  if (!json.ok() || !json->is_object()) return "";
  if (json->contains("mediaType")) return StringOf(*json, "mediaType");
  if (json->contains("manifests")) return std::string(oci::kOciIndex);
  if (json->contains("layers")) return std::string(oci::kOciManifest);
  return "";
}

absl::Status CheckManifest(std::string_view content,
                           std::string_view media_type) {
  if (oci::IsIndexType(media_type)) {
    return oci::ParseIndex(content, media_type).status();
  }
  if (oci::IsManifestType(media_type)) {
    return oci::ParseManifest(content, media_type).status();
  }
  return absl::InvalidArgumentError(
      Concat("not a manifest; its media type is \"", media_type, "\""));
}

class BlobImageStore : public oci::ImageStore {
 public:
  explicit BlobImageStore(BlobStore* blobs) : blobs_(*blobs) {}
  explicit BlobImageStore(std::unique_ptr<BlobStore> blobs)
      : owned_(std::move(blobs)), blobs_(*owned_) {}

  absl::StatusOr<bool> HasBlob(std::string_view,
                               const Digest& digest) override {
    const absl::Status status = blobs_.Stat(digest).status();
    if (absl::IsNotFound(status)) return false;
    KSO_RETURN_IF_ERROR(status);
    return true;
  }

  absl::StatusOr<int64_t> PutBlob(std::string_view repository,
                                  const v1::Descriptor& blob,
                                  const OpenSource& open) override {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    KSO_ASSIGN_OR_RETURN(const bool there, HasBlob(repository, digest));
    if (there) return 0;
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source, open(0));
    KSO_RETURN_IF_ERROR(blobs_.Put(digest, blob.size(), *source));
    return blob.size();
  }

  absl::StatusOr<int64_t> PutStream(std::string_view,
                                    const WriteBlob& write) override {
    return blobs_.PutStream(write);
  }

  absl::Status GetBlob(std::string_view, const v1::Descriptor& blob,
                       ByteSink& sink, int64_t offset) override {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source,
                         blobs_.Open(digest, offset));
    return CopyBytes(*source, sink).status();
  }

  absl::StatusOr<v1::Descriptor> HeadManifest(
      std::string_view repository, std::string_view tag_or_digest) override {
    KSO_ASSIGN_OR_RETURN(v1::Document document,
                         GetManifest(repository, tag_or_digest));
    return std::move(*document.mutable_content_descriptor());
  }

  absl::StatusOr<v1::Document> GetManifest(
      std::string_view, std::string_view tag_or_digest) override {
    const absl::StatusOr<Digest> digest = Digest::Parse(tag_or_digest);
    if (!digest.ok()) {
      return absl::NotFoundError(
          Concat("no manifest \"", tag_or_digest,
                 "\": what is not in a registry is known by digest only"));
    }
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source,
                         blobs_.Open(*digest, 0));
    v1::Document document;
    KSO_ASSIGN_OR_RETURN(*document.mutable_content(),
                         ReadAll(*source, kMaxManifestBytes));
    const std::string media_type = MediaTypeOf(document.content());
    if (const absl::Status status =
            CheckManifest(document.content(), media_type);
        !status.ok()) {
      return absl::InvalidArgumentError(
          Concat(tag_or_digest, ": ", ToStd(status.message())));
    }
    v1::Descriptor& descriptor = *document.mutable_content_descriptor();
    descriptor.set_media_type(media_type);
    descriptor.set_digest(digest->ToString());
    descriptor.set_size(static_cast<int64_t>(document.content().size()));
    return document;
  }

  absl::Status PutManifest(std::string_view, const v1::Document& manifest,
                           std::string_view) override {
    const v1::Descriptor& descriptor = manifest.content_descriptor();
    KSO_ASSIGN_OR_RETURN(const Digest digest,
                         Digest::Parse(descriptor.digest()));
    KSO_RETURN_IF_ERROR(
        CheckManifest(manifest.content(), descriptor.media_type()));
    const std::unique_ptr<ByteSource> source =
        SourceOfString(manifest.content());
    return blobs_.Put(digest, static_cast<int64_t>(manifest.content().size()),
                      *source);
  }

 private:
  // Null when it is somebody else's.
  const std::unique_ptr<BlobStore> owned_;
  BlobStore& blobs_;
};

}  // namespace

std::unique_ptr<oci::ImageStore> CreateBlobImageStore(BlobStore* blobs) {
  return std::make_unique<BlobImageStore>(blobs);
}

std::unique_ptr<oci::ImageStore> CreateBlobImageStore(
    std::unique_ptr<BlobStore> blobs) {
  return std::make_unique<BlobImageStore>(std::move(blobs));
}

}  // namespace kso
