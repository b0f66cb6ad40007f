// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/outcome/added_documents.h"

#include <utility>

namespace kso::cli {
namespace {

absl::Status ReadOnly() {
  return absl::UnimplementedError("nothing is written here");
}

}  // namespace

void AddedDocuments::Add(v1::Document document) {
  std::string digest = document.content_descriptor().digest();
  documents_.insert_or_assign(std::move(digest), std::move(document));
}

absl::StatusOr<bool> AddedDocuments::HasBlob(std::string_view repository,
                                             const Digest& digest) {
  return store_.HasBlob(repository, digest);
}

absl::StatusOr<int64_t> AddedDocuments::PutBlob(std::string_view,
                                                const v1::Descriptor&,
                                                const OpenSource&) {
  return ReadOnly();
}

absl::Status AddedDocuments::GetBlob(std::string_view repository,
                                     const v1::Descriptor& blob, ByteSink& sink,
                                     int64_t offset) {
  return store_.GetBlob(repository, blob, sink, offset);
}

absl::Status AddedDocuments::GetBlobPart(std::string_view repository,
                                         const v1::Descriptor& blob,
                                         const http::TransferOptions& part,
                                         ByteSink& sink) {
  return store_.GetBlobPart(repository, blob, part, sink);
}

absl::StatusOr<v1::Descriptor> AddedDocuments::HeadManifest(
    std::string_view repository, std::string_view tag_or_digest) {
  const auto found = documents_.find(tag_or_digest);
  if (found != documents_.end()) return found->second.content_descriptor();
  return store_.HeadManifest(repository, tag_or_digest);
}

absl::StatusOr<v1::Document> AddedDocuments::GetManifest(
    std::string_view repository, std::string_view tag_or_digest) {
  const auto found = documents_.find(tag_or_digest);
  if (found != documents_.end()) return found->second;
  return store_.GetManifest(repository, tag_or_digest);
}

absl::Status AddedDocuments::PutManifest(std::string_view, const v1::Document&,
                                         std::string_view) {
  return ReadOnly();
}

}  // namespace kso::cli
