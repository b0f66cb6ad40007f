// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_READ_ONLY_STORE_H_
#define KSO_COMMON_OCI_READ_ONLY_STORE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/http/transfer_options.h"
#include "common/oci/image_store.h"
#include "common/oci/referrers.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// Another store, of which everything can be read and into which nothing is put:
// that is UNIMPLEMENTED. Those that read in another way override how. As thread
// safe as the other store.
class ReadOnlyStore : public ImageStore {
 public:
  // `store` must outlive it.
  explicit ReadOnlyStore(ImageStore* store) : store_(*store) {}

  absl::StatusOr<bool> HasBlob(std::string_view repository,
                               const Digest& digest) override;
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
  absl::StatusOr<std::vector<std::string>> ListTags(
      std::string_view repository) override;
  absl::StatusOr<std::vector<Referrer>> ListReferrers(
      std::string_view repository, const Digest& digest,
      std::string_view artifact_type) override;

  absl::StatusOr<int64_t> PutBlob(std::string_view repository,
                                  const v1::Descriptor& blob,
                                  const OpenSource& open) override;
  absl::Status PutManifest(std::string_view repository,
                           const v1::Document& manifest,
                           std::string_view tag) override;

 private:
  ImageStore& store_;
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_READ_ONLY_STORE_H_
