// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/tagged_store.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/oci/referrers.h"

namespace kso::cli {
namespace {

class TaggedStore : public oci::ImageStore {
 public:
  explicit TaggedStore(ImageSource& source) : store_(source.store()) {
    for (const NamedImage& evidence : source.evidence()) {
      digests_.emplace(evidence.tag, evidence.identifier);
    }
  }

  absl::StatusOr<bool> HasBlob(std::string_view repository,
                               const Digest& digest) override {
    return store_.HasBlob(repository, digest);
  }
  absl::StatusOr<int64_t> PutBlob(std::string_view, const v1::Descriptor&,
                                  const OpenSource&) override {
    return ReadOnly();
  }
  absl::Status GetBlob(std::string_view repository, const v1::Descriptor& blob,
                       ByteSink& sink, int64_t offset) override {
    return store_.GetBlob(repository, blob, sink, offset);
  }
  absl::StatusOr<v1::Descriptor> HeadManifest(
      std::string_view repository, std::string_view tag_or_digest) override {
    return store_.HeadManifest(repository, DigestOf(tag_or_digest));
  }
  absl::StatusOr<v1::Document> GetManifest(
      std::string_view repository, std::string_view tag_or_digest) override {
    return store_.GetManifest(repository, DigestOf(tag_or_digest));
  }
  absl::StatusOr<std::vector<oci::Referrer>> ListReferrers(
      std::string_view repository, const Digest& digest,
      std::string_view artifact_type) override {
    return store_.ListReferrers(repository, digest, artifact_type);
  }
  absl::Status PutManifest(std::string_view, const v1::Document&,
                           std::string_view) override {
    return ReadOnly();
  }

 private:
  static absl::Status ReadOnly() {
    return absl::UnimplementedError("nothing is written here");
  }

  std::string_view DigestOf(std::string_view tag_or_digest) const {
    const auto found = digests_.find(tag_or_digest);
    return found == digests_.end() ? tag_or_digest : found->second;
  }

  oci::ImageStore& store_;
  // By tag.
  std::map<std::string, std::string, std::less<>> digests_;
};

}  // namespace

std::unique_ptr<oci::ImageStore> CreateTaggedStore(ImageSource& source) {
  return std::make_unique<TaggedStore>(source);
}

}  // namespace kso::cli
