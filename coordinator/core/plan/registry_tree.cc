// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/registry_tree.h"

#include <string>
#include <string_view>
#include <utility>

#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/site.h"
#include "coordinator/core/plan/upstream_signatures.h"

namespace kso::coordinator {
namespace {

constexpr std::string_view kTree = "docker/registry/v2";

// A link holds the digest without a newline: Distribution does not strip one.
v1::LayerMember Link(const std::string& directory, std::string_view digest) {
  v1::LayerMember member;
  member.set_path(Concat(directory, "/link"));
  member.set_content(std::string(digest));
  return member;
}

// "sha256/<hex>": a digest as directories.
std::string DigestDirectory(std::string_view digest) {
  std::string directory(digest);
  directory[directory.find(':')] = '/';
  return directory;
}

class LinkWriter {
 public:
  explicit LinkWriter(const std::string& repository)
      : directory_(Concat(site::kImagesRootMember, kTree, "/repositories/",
                          repository)) {}

  // A config or a layer.
  void AddBlob(std::string_view digest) {
    Add(Concat("_layers/", DigestDirectory(digest)), digest);
  }

  // Index or platform manifest, with its bytes.
  void AddManifest(const v1::Document& document) {
    const std::string& digest = document.content_descriptor().digest();
    Add(Concat("_manifests/revisions/", DigestDirectory(digest)), digest);
    v1::LayerMember data;
    // ChooseImages has checked the grammar.
    data.set_path(BlobDataPath(*Digest::Parse(digest)));
    data.set_content(document.content());
    members_.push_back(std::move(data));
  }

  void AddTag(const std::string& tag, std::string_view digest) {
    Add(Concat("_manifests/tags/", tag, "/current"), digest);
    Add(Concat("_manifests/tags/", tag, "/index/", DigestDirectory(digest)),
        digest);
  }

  std::vector<v1::LayerMember> Take() { return std::move(members_); }

 private:
  void Add(const std::string& directory, std::string_view digest) {
    members_.push_back(Link(Concat(directory_, "/", directory), digest));
  }

  const std::string directory_;
  std::vector<v1::LayerMember> members_;
};

}  // namespace

std::vector<v1::LayerMember> ImageLinks(const ChosenImage& image) {
  LinkWriter writer(image.served_repository);
  writer.AddManifest(image.top);
  for (const v1::Document& index : image.indexes) writer.AddManifest(index);
  for (const ChosenManifest& chosen : image.manifests) {
    writer.AddManifest(chosen.document);
    writer.AddBlob(chosen.manifest.config.digest());
    for (const v1::Descriptor& layer : chosen.manifest.layers) {
      writer.AddBlob(layer.digest());
    }
  }
  for (const CarriedArtifact& artifact : image.artifacts) {
    writer.AddManifest(artifact.document);
    for (const v1::Descriptor& blob : artifact.blobs) {
      writer.AddBlob(blob.digest());
    }
    if (!artifact.tag.empty()) {
      writer.AddTag(artifact.tag,
                    artifact.document.content_descriptor().digest());
    }
  }
  if (!image.reference.tag.empty()) {
    writer.AddTag(image.reference.tag, image.top.content_descriptor().digest());
  }
  return writer.Take();
}

}  // namespace kso::coordinator
