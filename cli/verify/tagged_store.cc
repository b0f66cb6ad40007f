// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/tagged_store.h"

#include <map>
#include <string>
#include <string_view>

#include "common/oci/read_only_store.h"

namespace kso::cli {
namespace {

class TaggedStore : public oci::ReadOnlyStore {
 public:
  explicit TaggedStore(ImageSource& source) : ReadOnlyStore(&source.store()) {
    for (const NamedImage& evidence : source.evidence()) {
      digests_.emplace(evidence.tag, evidence.identifier);
    }
  }

  absl::StatusOr<v1::Descriptor> HeadManifest(
      std::string_view repository, std::string_view tag_or_digest) override {
    return ReadOnlyStore::HeadManifest(repository, DigestOf(tag_or_digest));
  }
  absl::StatusOr<v1::Document> GetManifest(
      std::string_view repository, std::string_view tag_or_digest) override {
    return ReadOnlyStore::GetManifest(repository, DigestOf(tag_or_digest));
  }

 private:
  std::string_view DigestOf(std::string_view tag_or_digest) const {
    const auto found = digests_.find(tag_or_digest);
    return found == digests_.end() ? tag_or_digest : found->second;
  }

  // By tag.
  std::map<std::string, std::string, std::less<>> digests_;
};

}  // namespace

std::unique_ptr<oci::ImageStore> CreateTaggedStore(ImageSource& source) {
  return std::make_unique<TaggedStore>(source);
}

}  // namespace kso::cli
