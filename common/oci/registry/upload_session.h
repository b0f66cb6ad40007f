// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_UPLOAD_SESSION_H_
#define KSO_COMMON_OCI_REGISTRY_UPLOAD_SESSION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/http/url.h"
#include "common/oci/registry/registry_session.h"

namespace kso::oci {

// One upload of a blob that a registry has opened (distribution-spec 1.1,
// "Pushing blobs"). The registry may name any place for it: relative, on
// another host (without credentials then), with a query; each answer names it
// anew. Used by one thread.
class UploadSession {
 public:
  // `session` must outlive it; `what` begins messages.
  static absl::StatusOr<UploadSession> Begin(RegistrySession& session,
                                             const AccessScope& scope,
                                             const std::string& what);
  // The upload that `answer`, a 202 to a POST, opened.
  static absl::StatusOr<UploadSession> FromAnswer(RegistrySession& session,
                                                  const AccessScope& scope,
                                                  const http::Response& answer,
                                                  const std::string& what);

  // The number of bytes that the registry has received; 0 also where it does
  // not say.
  int64_t Received();

  // Sends the blob from `offset` on: all of it in one PUT, the rest of it by
  // PATCH and a PUT that ends it. Where the registry's host takes no request of
  // that size (UploadTraits), it goes in chunks, a PATCH each, none but the
  // last shorter than the registry wants (OCI-Chunk-Min-Length). UNAVAILABLE
  // when the connection broke, the registry forgot the upload, or one of its
  // replicas did.
  absl::StatusOr<http::Response> Send(const Digest& digest, int64_t size,
                                      int64_t offset, const OpenSource& open);

  // Sends all that `open` gives from `offset` on, without saying how much that
  // is (PATCH). Returns how many bytes the registry has then, where it says so.
  // UNAVAILABLE as for Send, or where the registry does not go on from
  // `offset`; UNIMPLEMENTED when it wants to know the size first.
  absl::StatusOr<std::optional<int64_t>> SendStream(int64_t offset,
                                                    const OpenSource& open);

  // The registry said of the last Send that it got other bytes than the digest
  // names.
  bool digest_refused() const { return digest_refused_; }

  // Gives the upload up. Registries remove abandoned uploads in the end, so it
  // does not matter whether this works.
  void Abandon();

 private:
  UploadSession(RegistrySession* session, AccessScope scope, std::string what,
                http::Url url)
      : session_(session),
        scope_(std::move(scope)),
        what_(std::move(what)),
        url_(std::move(url)) {}

  // A request to where the last answer said.
  http::Request NextRequest(const char* method) const;
  absl::StatusOr<http::Response> Perform(http::Request request);
  // Sends the bytes from `offset` to `end`, or to the source's end where that
  // is kUnknownSize.
  absl::StatusOr<http::Response> Patch(int64_t offset, int64_t end,
                                       const OpenSource& open);
  absl::Status SendRest(int64_t size, int64_t offset, int64_t chunk,
                        const OpenSource& open);
  // The bytes of a chunk where the rest of a blob must not go in one request; 0
  // where it may.
  absl::StatusOr<int64_t> ChunkFor(int64_t rest) const;
  // The error of an answer to a request of that many bytes.
  absl::Status Refused(const http::Response& response, int64_t bytes);

  RegistrySession* session_;
  AccessScope scope_;
  std::string what_;
  http::Url url_;
  // The host that named that URL.
  http::AnsweringHost named_by_;
  // The registry's OCI-Chunk-Min-Length; 0 where it states none.
  int64_t min_chunk_ = 0;
  bool digest_refused_ = false;
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_UPLOAD_SESSION_H_
