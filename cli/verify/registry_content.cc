// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/registry_content.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/evidence/artifact.h"
#include "common/oci/blob_data_path.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"
#include "common/site.h"
#include "common/text/printable_text.h"
#include "common/text/text.h"

namespace kso::cli {
namespace {

constexpr std::string_view kRepositories =
    "var/lib/registry/docker/registry/v2/repositories/";
static_assert(kRepositories.starts_with(site::kImagesRootMember));
constexpr absl::string_view kLink = "/link";
// How many indexes may be inside each other; workers read three
// (worker/fetch/platform_manifests.cc).
constexpr int kDeepest = 8;

// The links of one repository, by kind.
struct Repository {
  std::set<std::string> layers;
  std::set<std::string> revisions;
  // Digests by tag.
  std::map<std::string, std::string> tags;
};

// "sha256:HEX" of "sha256/HEX"; empty for what is none.
std::string DigestOfDirectory(absl::string_view directory) {
  std::string text(directory);
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return "";
  text[slash] = ':';
  const auto digest = Digest::Parse(text);
  return digest.ok() ? digest->ToString() : "";
}

// The digest whose blob has this path; empty for other paths.
std::string DigestOfBlobPath(std::string_view path) {
  absl::string_view rest = ToAbsl(path.substr(oci::kBlobsDirectory.size()));
  if (!absl::ConsumeSuffix(&rest, "/data")) return "";
  const size_t first = rest.find('/');
  const size_t last = rest.rfind('/');
  if (first == absl::string_view::npos) return "";
  const auto digest = Digest::Parse(
      Concat(ToStd(rest.substr(0, first)), ":", ToStd(rest.substr(last + 1))));
  if (!digest.ok() || oci::BlobDataPath(*digest) != path) return "";
  return digest->ToString();
}

class RegistryCheck {
 public:
  RegistryCheck(const ImageTree& tree, Findings& findings)
      : tree_(tree), findings_(findings) {}

  RegistryContent Check() {
    for (const std::string& path : tree_.odd) {
      if (!path.starts_with(site::kImagesRootMember)) continue;
      Problem(Concat("/", path), "is no plain file");
    }
    for (const auto& [path, file] : tree_.files) {
      if (path.starts_with(oci::kBlobsDirectory)) {
        AddBlob(path, *file.file);
      } else if (path.starts_with(kRepositories)) {
        AddLink(path, file.file->text);
      }
    }
    RegistryContent content;
    for (const auto& [name, repository] : repositories_) {
      AddImages(name, repository, content);
    }
    const size_t count = blobs_.size();
    for (const auto& [digest, file] : blobs_) {
      if (file->digest == digest || named_.contains(digest)) continue;
      Problem(Concat("the blob ", digest), Concat("is ", file->digest));
    }
    findings_.checks.push_back(
        Concat(Count(static_cast<int64_t>(content.images.size()), "image"),
               " of ", Count(static_cast<int64_t>(count), "blob")));
    return content;
  }

 private:
  void Problem(std::string_view item, std::string_view what) {
    findings_.problems.push_back(Concat(PrintableText(item), " ", what));
  }

  void AddBlob(const std::string& path, const ScannedFile& file) {
    const std::string digest = DigestOfBlobPath(path);
    if (digest.empty()) {
      Problem(Concat("/", path), "is no path of a blob");
    } else {
      blobs_[digest] = &file;
    }
  }

  // `text` is what the link holds: a digest without a newline.
  void AddLink(const std::string& path, const std::string& text) {
    absl::string_view rest = ToAbsl(path).substr(kRepositories.size());
    const size_t below =
        std::min(rest.find("/_layers/"), rest.find("/_manifests/"));
    if (below == absl::string_view::npos ||
        !absl::ConsumeSuffix(&rest, kLink)) {
      return Problem(Concat("/", path), "is no link of a registry");
    }
    Repository& repository = repositories_[std::string(rest.substr(0, below))];
    rest.remove_prefix(below + 1);
    std::string named;
    if (absl::ConsumePrefix(&rest, "_layers/")) {
      named = DigestOfDirectory(rest);
      repository.layers.insert(named);
    } else if (absl::ConsumePrefix(&rest, "_manifests/revisions/")) {
      named = DigestOfDirectory(rest);
      repository.revisions.insert(named);
    } else if (absl::ConsumePrefix(&rest, "_manifests/tags/")) {
      const size_t slash = rest.find('/');
      const std::string tag(rest.substr(0, slash));
      rest.remove_prefix(std::min(slash, rest.size()));
      if (rest == "/current") {
        const auto digest = Digest::Parse(text);
        named = digest.ok() ? digest->ToString() : "";
        repository.tags[tag] = named;
      } else if (absl::ConsumePrefix(&rest, "/index/")) {
        named = DigestOfDirectory(rest);
      }
    }
    if (named.empty() || text != named) {
      Problem(Concat("/", path),
              Concat("holds \"", PrintableText(text, 100), "\""));
    }
  }

  // The text of an index or manifest, whose bytes are right.
  absl::StatusOr<const std::string*> Document(const std::string& digest) {
    KSO_ASSIGN_OR_RETURN(const ScannedFile* file, Blob(digest));
    if (file->text.empty()) {
      return absl::NotFoundError(Concat(digest, " is no document"));
    }
    return &file->text;
  }

  absl::StatusOr<const ScannedFile*> Blob(const std::string& digest) {
    named_.insert(digest);
    const auto found = blobs_.find(digest);
    if (found == blobs_.end()) {
      return absl::NotFoundError(Concat(digest, " is missing"));
    }
    if (found->second->digest != digest) {
      return absl::DataLossError(
          Concat(digest, " has other bytes, ", found->second->digest));
    }
    return found->second;
  }

  // The same where a document says how large it is.
  absl::StatusOr<const ScannedFile*> Blob(const v1::Descriptor& wanted) {
    KSO_ASSIGN_OR_RETURN(const ScannedFile* file, Blob(wanted.digest()));
    if (file->size == wanted.size()) return file;
    return absl::DataLossError(Concat(wanted.digest(), " has ", file->size,
                                      " bytes, and its manifest says ",
                                      wanted.size()));
  }

  void AddImages(const std::string& name, const Repository& repository,
                 RegistryContent& content) {
    children_.clear();
    for (const auto& [tag, digest] : repository.tags) {
      AddImage({.repository = name, .tag = tag, .top = {}, .manifests = {}},
               digest, repository, content);
    }
    // A revision that no tag and no index names is an image that its list names
    // by digest.
    std::set<std::string> others = repository.revisions;
    for (const auto& [tag, digest] : repository.tags) others.erase(digest);
    std::vector<std::string> indexes;
    for (const std::string& digest : others) {
      const auto found = blobs_.find(digest);
      if (found == blobs_.end()) continue;
      if (oci::IsIndexType(oci::DocumentType(found->second->text))) {
        indexes.push_back(digest);
      }
    }
    const std::set<std::string> inner = ListedBy(indexes);
    for (const std::string& digest : indexes) {
      if (children_.contains(digest) || inner.contains(digest)) continue;
      AddImage({.repository = name, .tag = "", .top = {}, .manifests = {}},
               digest, repository, content);
      others.erase(digest);
    }
    for (const std::string& digest : others) {
      if (children_.contains(digest)) continue;
      AddImage({.repository = name, .tag = "", .top = {}, .manifests = {}},
               digest, repository, content);
    }
  }

  // The digests that some of these indexes list.
  std::set<std::string> ListedBy(const std::vector<std::string>& indexes) {
    std::set<std::string> listed;
    for (const std::string& digest : indexes) {
      const std::string& text = blobs_.at(digest)->text;
      const auto index = oci::ParseIndex(text, oci::DocumentType(text));
      if (!index.ok()) continue;
      for (const v1::Descriptor& entry : index->manifests) {
        listed.insert(entry.digest());
      }
    }
    return listed;
  }

  void AddImage(RegistryImage image, const std::string& digest,
                const Repository& repository, RegistryContent& content) {
    image.top.set_digest(digest);
    entered_.clear();
    const absl::Status status = ReadImage(repository, image);
    if (!status.ok())
      Problem(Concat(image.Name(), ":"), ToStd(status.message()));
    // A publisher's evidence about an image is no image itself.
    if (evidence::IsEvidenceTag(image.tag)) return;
    content.images.push_back(std::move(image));
  }

  absl::Status ReadImage(const Repository& repository, RegistryImage& image) {
    const std::string& digest = image.top.digest();
    if (digest.empty()) return absl::DataLossError("its tag names nothing");
    if (!repository.revisions.contains(digest)) {
      return absl::NotFoundError(Concat("there is no link to ", digest));
    }
    KSO_ASSIGN_OR_RETURN(const std::string* text, Document(digest));
    image.top.set_media_type(oci::DocumentType(*text));
    image.top.set_size(static_cast<int64_t>(text->size()));
    const bool is_evidence = evidence::IsEvidenceTag(image.tag);
    if (!oci::IsIndexType(image.top.media_type())) {
      v1::Descriptor manifest = image.top;
      KSO_RETURN_IF_ERROR(
          ReadManifest(repository, is_evidence, image, manifest));
      image.manifests.push_back(std::move(manifest));
      return absl::OkStatus();
    }
    KSO_RETURN_IF_ERROR(
        ReadIndex(repository, is_evidence, image.top, image, 1));
    if (is_evidence || !image.manifests.empty()) return absl::OkStatus();
    return absl::NotFoundError("none of its platforms is there");
  }

  // Adds what an index lists to its image. `depth` counts the indexes that it
  // is in, and itself.
  absl::Status ReadIndex(const Repository& repository, bool is_evidence,
                         const v1::Descriptor& descriptor, RegistryImage& image,
                         int depth) {
    KSO_ASSIGN_OR_RETURN(const std::string* text,
                         Document(descriptor.digest()));
    KSO_ASSIGN_OR_RETURN(const oci::Index index,
                         oci::ParseIndex(*text, descriptor.media_type()));
    for (const v1::Descriptor& entry : index.manifests) {
      // An index is upstream's, and names more platforms than are there.
      if (!repository.revisions.contains(entry.digest())) continue;
      children_.insert(entry.digest());
      const bool is_attestation = entry.platform().os() == "unknown";
      const absl::Status status =
          oci::IsIndexType(entry.media_type())
              ? ReadInner(repository, is_evidence, entry, image, depth)
              : AddManifest(repository, is_evidence, is_attestation, entry,
                            image);
      if (!status.ok()) {
        Problem(Concat(image.Name(), " ", oci::FormatPlatform(entry.platform()),
                       ":"),
                ToStd(status.message()));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadInner(const Repository& repository, bool is_evidence,
                         const v1::Descriptor& entry, RegistryImage& image,
                         int depth) {
    if (!entered_.insert(entry.digest()).second) return absl::OkStatus();
    KSO_RETURN_IF_ERROR(Blob(entry).status());
    if (depth == kDeepest) {
      return absl::FailedPreconditionError(
          Concat("its indexes are nested over ", kDeepest, " deep"));
    }
    image.indexes.push_back(entry);
    return ReadIndex(repository, is_evidence, entry, image, depth + 1);
  }

  absl::Status AddManifest(const Repository& repository, bool is_evidence,
                           bool is_attestation, const v1::Descriptor& entry,
                           RegistryImage& image) {
    v1::Descriptor manifest = entry;
    const absl::Status status = ReadManifest(
        repository, is_evidence || is_attestation, image, manifest);
    if (!is_attestation) image.manifests.push_back(std::move(manifest));
    return status;
  }

  // `manifest` gets the platform that its config says where it has none. That
  // of evidence, such as a signature, is for none.
  absl::Status ReadManifest(const Repository& repository, bool is_evidence,
                            RegistryImage& image, v1::Descriptor& manifest) {
    KSO_RETURN_IF_ERROR(Blob(manifest).status());
    KSO_ASSIGN_OR_RETURN(const std::string* text, Document(manifest.digest()));
    KSO_ASSIGN_OR_RETURN(const oci::Manifest parsed,
                         oci::ParseManifest(*text, manifest.media_type()));
    for (const v1::Descriptor& layer : parsed.layers) {
      KSO_RETURN_IF_ERROR(Linked(repository, layer));
    }
    KSO_RETURN_IF_ERROR(Linked(repository, parsed.config));
    if (is_evidence) return absl::OkStatus();
    KSO_ASSIGN_OR_RETURN(const std::string* config_text,
                         Document(parsed.config.digest()));
    KSO_ASSIGN_OR_RETURN(const oci::ImageConfig config,
                         oci::ParseImageConfig(*config_text));
    if (!manifest.has_platform()) {
      *manifest.mutable_platform() = config.platform;
    } else if (!IsFor(config.platform, manifest.platform())) {
      image.mislabelled.push_back(Concat(
          oci::FormatPlatform(manifest.platform()), ": ",
          oci::PlatformDisagreement(manifest.platform(),
                                    oci::FormatPlatform(config.platform))));
    }
    return absl::OkStatus();
  }

  // Configs often leave out the variant that an index names.
  static bool IsFor(const v1::Platform& config, const v1::Platform& entry) {
    return config.os() == entry.os() &&
           config.architecture() == entry.architecture();
  }

  // A config or layer, which the registry serves where a link says so.
  absl::Status Linked(const Repository& repository,
                      const v1::Descriptor& blob) {
    KSO_RETURN_IF_ERROR(Blob(blob).status());
    if (repository.layers.contains(blob.digest())) return absl::OkStatus();
    return absl::NotFoundError(Concat("there is no link to ", blob.digest()));
  }

  const ImageTree& tree_;
  Findings& findings_;
  std::map<std::string, const ScannedFile*> blobs_;
  std::map<std::string, Repository> repositories_;
  // The manifests and indexes that indexes of the repository at hand name.
  std::set<std::string> children_;
  // The indexes inside of that of the image at hand.
  std::set<std::string> entered_;
  // The blobs that an image names, whose problems are told with the image.
  std::set<std::string> named_;
};

}  // namespace

std::string RegistryImage::Name() const {
  return PrintableText(tag.empty() ? Concat(repository, "@", top.digest())
                                   : Concat(repository, ":", tag));
}

bool IsRegistryImage(const ImageTree& tree) {
  const auto first = tree.files.lower_bound(std::string(kRepositories));
  return first != tree.files.end() && first->first.starts_with(kRepositories);
}

RegistryContent CheckRegistryImage(const ImageTree& tree, Findings& findings) {
  return RegistryCheck(tree, findings).Check();
}

}  // namespace kso::cli
