// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/outcome/added_documents.h"

#include <utility>

namespace kso::cli {

void AddedDocuments::Add(v1::Document document) {
  std::string digest = document.content_descriptor().digest();
  documents_.insert_or_assign(std::move(digest), std::move(document));
}

absl::StatusOr<v1::Descriptor> AddedDocuments::HeadManifest(
    std::string_view repository, std::string_view tag_or_digest) {
  const auto found = documents_.find(tag_or_digest);
  if (found != documents_.end()) return found->second.content_descriptor();
  return ReadOnlyStore::HeadManifest(repository, tag_or_digest);
}

absl::StatusOr<v1::Document> AddedDocuments::GetManifest(
    std::string_view repository, std::string_view tag_or_digest) {
  const auto found = documents_.find(tag_or_digest);
  if (found != documents_.end()) return found->second;
  return ReadOnlyStore::GetManifest(repository, tag_or_digest);
}

}  // namespace kso::cli
