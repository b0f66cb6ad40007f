// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_BLOB_DOWNLOAD_H_
#define KSO_COMMON_OCI_REGISTRY_BLOB_DOWNLOAD_H_

#include <string>

#include "absl/status/status.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/oci/registry/registry_session.h"

namespace kso::oci {

// Pulls a blob as ImageStore::GetBlob promises. A connection that breaks is
// resumed where it broke (RFC 9110, section 14), as long as some bytes come
// each time. `size` is the blob's; 0 where it is not known.
absl::Status DownloadBlob(RegistrySession& session,
                          const std::string& repository, const Digest& digest,
                          int64_t size, int64_t offset, ByteSink& sink);

// Pulls a part of a blob as ImageStore::GetBlobPart promises. A spare part is
// asked for once only.
absl::Status DownloadBlobPart(RegistrySession& session,
                              const std::string& repository,
                              const Digest& digest, int64_t size,
                              const http::TransferOptions& part,
                              ByteSink& sink);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_BLOB_DOWNLOAD_H_
