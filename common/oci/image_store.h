// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_IMAGE_STORE_H_
#define KSO_COMMON_OCI_IMAGE_STORE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/bytes/written_blob.h"
#include "common/http/transfer_options.h"
#include "common/oci/referrers.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// A store that images are read from or pushed to: repositories with blobs and
// manifests. `repository` is a path without host ("team/kubespray-files").
// Everything that comes out is verified against its digest before the call
// returns OK. May be called from any thread.
//
// Errors: NOT_FOUND (no such blob, manifest or repository), UNAUTHENTICATED and
// PERMISSION_DENIED (what the registry said, and what to do),
// RESOURCE_EXHAUSTED (429), UNAVAILABLE (5xx, broken connections: worth another
// try; a Retry-After of both travels with them, see status_notes.h), DATA_LOSS
// (bytes that do not match their digest), INVALID_ARGUMENT (the other side
// refuses the request for good).
class ImageStore {
 public:
  virtual ~ImageStore() = default;

  virtual absl::StatusOr<bool> HasBlob(std::string_view repository,
                                       const Digest& digest) = 0;

  // Returns whether this process may push to the repository, as far as that can
  // be told without pushing: an upload is begun and given up. The errors are
  // those of a push; NOT_FOUND says that the repository has to be made first.
  virtual absl::Status CheckPush(std::string_view /*repository*/) {
    return absl::OkStatus();
  }

  // Does nothing when the blob is there already. `open` may be called several
  // times. Returns the bytes that moved.
  virtual absl::StatusOr<int64_t> PutBlob(std::string_view repository,
                                          const v1::Descriptor& blob,
                                          const OpenSource& open) = 0;

  // Puts a blob whose digest, a SHA-256, is known at its end only, while it is
  // written. `write` may be called several times. Returns the blob's size.
  // Nothing appears when `write` fails, whose error is handed on. UNIMPLEMENTED
  // where the other side takes no blob whose size it does not know: it has to
  // be put by PutBlob then.
  virtual absl::StatusOr<int64_t> PutStream(std::string_view /*repository*/,
                                            const WriteBlob& /*write*/) {
    return absl::UnimplementedError("takes no streams");
  }

  // Makes a blob that `from`, another repository of the same registry, has a
  // blob of `repository` too; its bytes do not move. False where that is not
  // possible: it has to be put then.
  virtual absl::StatusOr<bool> MountBlob(std::string_view /*repository*/,
                                         const Digest& /*digest*/,
                                         std::string_view /*from*/) {
    return false;
  }

  // Sends the blob's bytes from `offset` on to `sink`. With offset 0 they are
  // verified as they pass, and DATA_LOSS at the end means that the sink got
  // wrong ones; from another offset the caller verifies the whole.
  virtual absl::Status GetBlob(std::string_view repository,
                               const v1::Descriptor& blob, ByteSink& sink,
                               int64_t offset = 0) = 0;

  // Sends the bytes of `part.range`, which is set, or the first of them, to
  // `sink`; they are not verified. `part.stop` is heeded in place of the one
  // that the store was opened with, where it is given. FAILED_PRECONDITION
  // where the other side does not serve ranges of blobs, ABORTED for a spare
  // one that has no place.
  virtual absl::Status GetBlobPart(std::string_view repository,
                                   const v1::Descriptor& blob,
                                   const http::TransferOptions& part,
                                   ByteSink& sink) {
    if (part.range->end() == blob.size()) {
      return GetBlob(repository, blob, sink, part.range->first);
    }
    return absl::FailedPreconditionError("blobs are not served in parts");
  }

  // Returns the digest and media type behind a tag, without the bytes (HEAD).
  virtual absl::StatusOr<v1::Descriptor> HeadManifest(
      std::string_view repository, std::string_view tag_or_digest) = 0;

  virtual absl::StatusOr<v1::Document> GetManifest(
      std::string_view repository, std::string_view tag_or_digest) = 0;

  // With an empty `tag` the manifest is put by its digest only.
  virtual absl::Status PutManifest(std::string_view repository,
                                   const v1::Document& manifest,
                                   std::string_view tag) = 0;

  // The tags of a repository; none where there is no such repository.
  // UNIMPLEMENTED where the other side does not list them.
  virtual absl::StatusOr<std::vector<std::string>> ListTags(
      std::string_view /*repository*/) {
    return absl::UnimplementedError("tags are not listed");
  }

  // The manifests whose `subject` is `digest`, as far as the other side keeps
  // account of them (OCI distribution spec, "Listing Referrers"); none where it
  // says that it does not. With an `artifact_type` only those of that type.
  virtual absl::StatusOr<std::vector<Referrer>> ListReferrers(
      std::string_view /*repository*/, const Digest& /*digest*/,
      std::string_view /*artifact_type*/) {
    return std::vector<Referrer>();
  }

  // Deletes a manifest or index, with all tags that name it; given a tag, that
  // tag alone. One that is not there is no error. Blobs stay, for the other
  // side to collect. UNIMPLEMENTED where the other side deletes nothing.
  virtual absl::Status DeleteManifest(std::string_view /*repository*/,
                                      std::string_view /*tag_or_digest*/) {
    return absl::UnimplementedError("manifests are not deleted");
  }
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_IMAGE_STORE_H_
