// SPDX-License-Identifier: Apache-2.0
#include "common/oci/image_closure.h"

#include <iterator>
#include <map>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"

namespace kso::oci {
namespace {

// Reads an index or manifest, and checks that `part` describes its bytes.
absl::StatusOr<std::string> ReadDocument(ImageStore& store,
                                         const ImagePart& part,
                                         const Digest& digest) {
  const v1::Descriptor& expected = part.descriptor;
  KSO_ASSIGN_OR_RETURN(v1::Document document,
                       store.GetManifest(part.repository, expected.digest()));
  const v1::Descriptor& actual = document.content_descriptor();
  if (actual.media_type() != expected.media_type() ||
      actual.size() != expected.size()) {
    return absl::DataLossError(Concat(
        "is ", actual.size(), " bytes of ", actual.media_type(), ", where ",
        expected.size(), " of ", expected.media_type(), " should be"));
  }
  Hasher hasher(digest.algorithm());
  hasher.Update(document.content());
  if (hasher.Finish() != digest) {
    return absl::DataLossError("does not have the bytes of its digest");
  }
  return std::move(*document.mutable_content());
}

}  // namespace

absl::StatusOr<std::vector<v1::Descriptor>> ChildrenOf(
    std::string_view content, std::string_view media_type) {
  if (IsIndexType(media_type)) {
    KSO_ASSIGN_OR_RETURN(Index index, ParseIndex(content, media_type));
    return std::move(index.manifests);
  }
  KSO_ASSIGN_OR_RETURN(Manifest manifest, ParseManifest(content, media_type));
  std::vector<v1::Descriptor> children = {std::move(manifest.config)};
  std::move(manifest.layers.begin(), manifest.layers.end(),
            std::back_inserter(children));
  return children;
}

absl::StatusOr<std::vector<ImagePart>> ImageClosure(
    ImageStore& store, const std::vector<ImagePart>& roots) {
  std::map<Digest, ImagePart> found;
  std::vector<ImagePart> left = roots;
  while (!left.empty()) {
    ImagePart part = std::move(left.back());
    left.pop_back();
    KSO_ASSIGN_OR_RETURN(const Digest digest,
                         Digest::Parse(part.descriptor.digest()));
    if (found.contains(digest)) continue;
    const std::string& media_type = part.descriptor.media_type();
    if (IsIndexType(media_type) || IsManifestType(media_type)) {
      absl::StatusOr<std::string> content = ReadDocument(store, part, digest);
      const absl::StatusOr<std::vector<v1::Descriptor>> children =
          content.ok() ? ChildrenOf(*content, media_type) : content.status();
      if (!children.ok()) {
        return absl::Status(children.status().code(),
                            Concat("manifest ", digest.ToString(), ": ",
                                   ToStd(children.status().message())));
      }
      part.content = *std::move(content);
      for (const v1::Descriptor& child : *children) {
        left.push_back({child, part.repository, {}});
      }
    }
    found.emplace(digest, std::move(part));
  }
  std::vector<ImagePart> closure;
  closure.reserve(found.size());
  for (auto& [digest, part] : found) closure.push_back(std::move(part));
  return closure;
}

}  // namespace kso::oci
