#include "common/oci/blob_upload.h"

#include <optional>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/upload_session.h"

namespace kso::oci {
namespace {

// The first and four more.
constexpr int kTries = 5;

// Less than this is as well sent again.
constexpr int64_t kWorthResuming = 1 << 20;

// Where to go on with an upload that broke: 0 when it has to be begun anew.
int64_t ResumeFrom(std::optional<UploadSession>& upload, int64_t size) {
  if (!upload || size < kWorthResuming) return 0;
  const int64_t received = upload->Received();
  return received >= kWorthResuming && received <= size ? received : 0;
}

}  // namespace

absl::StatusOr<bool> BlobExists(RegistrySession& session,
                                const AccessScope& scope,
                                const Digest& digest) {
  const std::string what =
      Concat("looking for blob ", digest.ToString(), " in ", scope.repository);
  http::Request request;
  request.method = "HEAD";
  request.url =
      session.UrlOf(Concat(scope.repository, "/blobs/", digest.ToString()));
  KSO_ASSIGN_OR_RETURN(const http::Response response,
                       session.Perform(request, scope, what));
  if (response.status == 404) return false;
  if (response.status / 100 == 2) return true;
  return session.ErrorOf(response, what);
}

absl::StatusOr<int64_t> UploadBlob(RegistrySession& session,
                                   const std::string& repository,
                                   const Digest& digest, int64_t size,
                                   const OpenSource& open) {
  const std::string what =
      Concat("pushing blob ", digest.ToString(), " to ", repository);
  const AccessScope scope{repository, /*push=*/true};
  int64_t moved = 0;
  std::optional<UploadSession> upload;
  int64_t sent_before = 0;
  // Looking first also finds what arrived although the answer got lost.
  const auto attempt = [&](bool& headway) -> absl::Status {
    KSO_ASSIGN_OR_RETURN(const bool there, BlobExists(session, scope, digest));
    if (there) return absl::OkStatus();
    // Where the last try began as well, something is wrong with this upload.
    const int64_t received = ResumeFrom(upload, size);
    const int64_t offset = received > sent_before ? received : 0;
    headway = offset >= sent_before + kWorthResuming;
    sent_before = offset;
    if (offset == 0) {
      KSO_ASSIGN_OR_RETURN(upload, UploadSession::Begin(session, scope, what));
    }
    moved = size;
    KSO_ASSIGN_OR_RETURN(const http::Response response,
                         upload->Send(digest, size, offset, open));
    if (response.status == 201) return absl::OkStatus();
    KSO_ASSIGN_OR_RETURN(const bool arrived,
                         BlobExists(session, scope, digest));
    if (arrived) return absl::OkStatus();
    upload.reset();
    return absl::UnavailableError(
        Concat(what, ": the registry took it and does not have it"));
  };
  KSO_RETURN_IF_ERROR(session.RetryWhileUnavailable(kTries, attempt));
  return moved;
}

absl::StatusOr<bool> MountBlob(RegistrySession& session,
                               const std::string& repository,
                               const Digest& digest, const std::string& from) {
  const std::string what = Concat("mounting blob ", digest.ToString(), " of ",
                                  from, " in ", repository);
  const AccessScope scope{repository, /*push=*/true, from};
  http::Request request;
  request.method = "POST";
  request.url = session.UrlOf(Concat(repository, "/blobs/uploads/?mount=",
                                     http::PercentEncode(digest.ToString()),
                                     "&from=", http::PercentEncode(from)));
  KSO_ASSIGN_OR_RETURN(const http::Response response,
                       session.Perform(request, scope, what));
  if (response.status == 201) return true;
  if (response.status == 202) {
    auto upload = UploadSession::FromAnswer(session, scope, response, what);
    if (upload.ok()) upload->Abandon();
    return false;
  }
  // Whoever may not read `from` can still push what it has itself.
  if (response.status / 100 == 4 && response.status != 429) return false;
  return session.ErrorOf(response, what);
}

}  // namespace kso::oci
