#include "common/oci/image_closure.h"

#include <map>
#include <memory>
#include <string>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/blob/verifying_source.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"

namespace kso::oci {
namespace {

constexpr size_t kMaxManifestBytes = 4 << 20;

absl::StatusOr<std::string> ReadVerified(BlobStore& blobs, const Digest& digest,
                                         int64_t size) {
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> source,
                       blobs.Open(digest, 0));
  source = CreateVerifyingSource(std::move(source), digest, size);
  return ReadAll(*source, kMaxManifestBytes);
}

// What `content` points to; nothing unless it is an index or a manifest.
absl::StatusOr<std::vector<v1::Descriptor>> Children(
    std::string_view content, std::string_view media_type) {
  if (IsIndexType(media_type)) {
    KSO_ASSIGN_OR_RETURN(Index index, ParseIndex(content, media_type));
    return std::move(index.manifests);
  }
  KSO_ASSIGN_OR_RETURN(Manifest manifest, ParseManifest(content, media_type));
  std::vector<v1::Descriptor> children = std::move(manifest.layers);
  children.push_back(std::move(manifest.config));
  return children;
}

}  // namespace

absl::StatusOr<std::vector<v1::Descriptor>> ImageClosure(
    BlobStore& blobs, const std::vector<v1::Descriptor>& roots) {
  std::map<Digest, v1::Descriptor> found;
  std::vector<v1::Descriptor> left = roots;
  while (!left.empty()) {
    const v1::Descriptor descriptor = std::move(left.back());
    left.pop_back();
    KSO_ASSIGN_OR_RETURN(const Digest digest,
                         Digest::Parse(descriptor.digest()));
    if (!found.emplace(digest, descriptor).second) continue;
    const std::string& media_type = descriptor.media_type();
    if (!IsIndexType(media_type) && !IsManifestType(media_type)) continue;

    absl::StatusOr<std::string> content =
        ReadVerified(blobs, digest, descriptor.size());
    absl::StatusOr<std::vector<v1::Descriptor>> children =
        content.ok() ? Children(*content, media_type) : content.status();
    if (!children.ok()) {
      return absl::Status(children.status().code(),
                          Concat("manifest ", descriptor.digest(), ": ",
                                 ToStd(children.status().message())));
    }
    for (v1::Descriptor& child : *children) left.push_back(std::move(child));
  }
  std::vector<v1::Descriptor> closure;
  closure.reserve(found.size());
  for (auto& [digest, descriptor] : found) {
    closure.push_back(std::move(descriptor));
  }
  return closure;
}

}  // namespace kso::oci
