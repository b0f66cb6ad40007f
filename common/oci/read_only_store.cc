// SPDX-License-Identifier: Apache-2.0
#include "common/oci/read_only_store.h"

namespace kso::oci {
namespace {

absl::Status NothingIsPut() {
  return absl::UnimplementedError("images are only read here");
}

}  // namespace

absl::StatusOr<bool> ReadOnlyStore::HasBlob(std::string_view repository,
                                            const Digest& digest) {
  return store_.HasBlob(repository, digest);
}

absl::Status ReadOnlyStore::GetBlob(std::string_view repository,
                                    const v1::Descriptor& blob, ByteSink& sink,
                                    int64_t offset) {
  return store_.GetBlob(repository, blob, sink, offset);
}

absl::Status ReadOnlyStore::GetBlobPart(std::string_view repository,
                                        const v1::Descriptor& blob,
                                        const http::TransferOptions& part,
                                        ByteSink& sink) {
  return store_.GetBlobPart(repository, blob, part, sink);
}

absl::StatusOr<v1::Descriptor> ReadOnlyStore::HeadManifest(
    std::string_view repository, std::string_view tag_or_digest) {
  return store_.HeadManifest(repository, tag_or_digest);
}

absl::StatusOr<v1::Document> ReadOnlyStore::GetManifest(
    std::string_view repository, std::string_view tag_or_digest) {
  return store_.GetManifest(repository, tag_or_digest);
}

absl::StatusOr<std::vector<std::string>> ReadOnlyStore::ListTags(
    std::string_view repository) {
  return store_.ListTags(repository);
}

absl::StatusOr<std::vector<Referrer>> ReadOnlyStore::ListReferrers(
    std::string_view repository, const Digest& digest,
    std::string_view artifact_type) {
  return store_.ListReferrers(repository, digest, artifact_type);
}

absl::StatusOr<int64_t> ReadOnlyStore::PutBlob(std::string_view,
                                               const v1::Descriptor&,
                                               const OpenSource&) {
  return NothingIsPut();
}

absl::Status ReadOnlyStore::PutManifest(std::string_view, const v1::Document&,
                                        std::string_view) {
  return NothingIsPut();
}

}  // namespace kso::oci
