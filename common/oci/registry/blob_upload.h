// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_BLOB_UPLOAD_H_
#define KSO_COMMON_OCI_REGISTRY_BLOB_UPLOAD_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/bytes/written_blob.h"
#include "common/oci/registry/registry_session.h"

namespace kso::oci {

// Returns whether the registry has the blob, by HEAD, and where that is refused
// by a GET of its first byte.
absl::StatusOr<bool> BlobExists(RegistrySession& session,
                                const std::string& repository,
                                const Digest& digest);

// Does what ImageStore::CheckPush promises.
absl::Status CheckPush(RegistrySession& session, const std::string& repository);

// Pushes a blob as ImageStore::PutBlob promises: one POST, then one PUT with
// all of it (distribution-spec 1.1, "POST then PUT"). An upload that breaks
// goes on where it broke if the registry knows what it has got, and is begun
// anew otherwise. Returns the bytes that moved.
absl::StatusOr<int64_t> UploadBlob(RegistrySession& session,
                                   const std::string& repository,
                                   const Digest& digest, int64_t size,
                                   const OpenSource& open);

// Pushes a blob as ImageStore::PutStream promises: one POST, one PATCH that
// ends where the blob does, and one PUT with its digest (distribution-spec 1.1,
// "Pushing a blob in chunks", with one chunk). Goes on after trouble as
// UploadBlob does, for which the blob is written anew. Returns its size.
absl::StatusOr<int64_t> UploadStream(RegistrySession& session,
                                     const std::string& repository,
                                     const WriteBlob& write);

// Mounts a blob as ImageStore::MountBlob promises (distribution-spec 1.1,
// "Mounting a blob from another repository").
absl::StatusOr<bool> MountBlob(RegistrySession& session,
                               const std::string& repository,
                               const Digest& digest, const std::string& from);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_BLOB_UPLOAD_H_
