// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_OUTCOME_ADDED_DOCUMENTS_H_
#define KSO_CLI_COMMANDS_OUTCOME_ADDED_DOCUMENTS_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/oci/image_store.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// A store that is read as another one with documents besides, which nobody
// pushed there. Documents are added before anything is read. Nothing is put
// into it.
class AddedDocuments : public oci::ImageStore {
 public:
  // `store` must outlive it.
  explicit AddedDocuments(oci::ImageStore* store) : store_(*store) {}

  void Add(v1::Document document);

  absl::StatusOr<bool> HasBlob(std::string_view repository,
                               const Digest& digest) override;
  absl::StatusOr<int64_t> PutBlob(std::string_view repository,
                                  const v1::Descriptor& blob,
                                  const OpenSource& open) override;
  absl::Status GetBlob(std::string_view repository, const v1::Descriptor& blob,
                       ByteSink& sink, int64_t offset) override;
  absl::Status GetBlobPart(std::string_view repository,
                           const v1::Descriptor& blob,
                           const http::TransferOptions& part,
                           ByteSink& sink) override;
  absl::StatusOr<v1::Descriptor> HeadManifest(
      std::string_view repository, std::string_view tag_or_digest) override;
  absl::StatusOr<v1::Document> GetManifest(
      std::string_view repository, std::string_view tag_or_digest) override;
  absl::Status PutManifest(std::string_view repository,
                           const v1::Document& manifest,
                           std::string_view tag) override;

 private:
  oci::ImageStore& store_;
  // By digest.
  std::map<std::string, v1::Document, std::less<>> documents_;
};

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_OUTCOME_ADDED_DOCUMENTS_H_
