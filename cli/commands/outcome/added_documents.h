// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_OUTCOME_ADDED_DOCUMENTS_H_
#define KSO_CLI_COMMANDS_OUTCOME_ADDED_DOCUMENTS_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/oci/image_store.h"
#include "common/oci/read_only_store.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// A store that is read as another one with documents besides, which nobody
// pushed there. Documents are added before anything is read.
class AddedDocuments : public oci::ReadOnlyStore {
 public:
  // `store` must outlive it.
  explicit AddedDocuments(oci::ImageStore* store) : ReadOnlyStore(store) {}

  void Add(v1::Document document);

  absl::StatusOr<v1::Descriptor> HeadManifest(
      std::string_view repository, std::string_view tag_or_digest) override;
  absl::StatusOr<v1::Document> GetManifest(
      std::string_view repository, std::string_view tag_or_digest) override;

 private:
  // By digest.
  std::map<std::string, v1::Document, std::less<>> documents_;
};

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_OUTCOME_ADDED_DOCUMENTS_H_
