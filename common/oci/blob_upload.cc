#include "common/oci/blob_upload.h"

#include <optional>

#include "absl/strings/match.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"

namespace kso::oci {
namespace {

// The first and four more.
constexpr int kTries = 5;

// Where `response`, the answer to a POST, wants the blob.
absl::StatusOr<http::Url> UploadLocation(const RegistrySession& session,
                                         const http::Response& response,
                                         const std::string& what) {
  const std::optional<std::string> location = response.Header("Location");
  if (!location) {
    return absl::InvalidArgumentError(
        Concat(what, ": ", session.base().host(), " names no upload location"));
  }
  KSO_ASSIGN_OR_RETURN(const http::Url asked,
                       http::Url::Parse(response.effective_url));
  KSO_ASSIGN_OR_RETURN(http::Url url, asked.Resolve(*location));
  if (session.base().is_https() && !url.is_https()) {
    return absl::PermissionDeniedError(
        Concat(what, ": ", session.base().host(),
               " wants the blob over plain http (", url.display(),
               "), which is refused; behind a proxy, the registry has to be "
               "told its outer address"));
  }
  return url;
}

// Asks for a place to upload to.
absl::StatusOr<http::Url> BeginUpload(RegistrySession& session,
                                      const AccessScope& scope,
                                      const std::string& what) {
  http::Request request;
  request.method = "POST";
  request.url = session.UrlOf(Concat(scope.repository, "/blobs/uploads/"));
  KSO_ASSIGN_OR_RETURN(const http::Response response,
                       session.Perform(request, scope, what));
  if (response.status != 202) return session.ErrorOf(response, what);
  return UploadLocation(session, response, what);
}

// Gives up an upload that was begun. Registries remove what is left lying in
// the end, so it does not matter whether this works.
void AbandonUpload(RegistrySession& session, const AccessScope& scope,
                   const http::Response& begun, const std::string& what) {
  const absl::StatusOr<http::Url> url = UploadLocation(session, begun, what);
  if (!url.ok()) return;
  http::Request request;
  request.method = "DELETE";
  request.url = url->text();
  session.Perform(request, scope, what).IgnoreError();
}

// Sends all of the blob. UNAVAILABLE when it has to be begun anew.
absl::Status SendBlob(RegistrySession& session, const AccessScope& scope,
                      const http::Url& upload, const Digest& digest,
                      int64_t size, const OpenSource& open,
                      const std::string& what) {
  http::Request request;
  request.method = "PUT";
  request.url =
      Concat(upload.text(), absl::StrContains(upload.text(), "?") ? "&" : "?",
             "digest=", http::PercentEncode(digest.ToString()));
  request.headers = {{"Content-Type", "application/octet-stream"}};
  request.body_source = open;
  request.body_size = size;
  KSO_ASSIGN_OR_RETURN(const http::Response response,
                       session.Perform(request, scope, what));
  if (response.status == 201) return absl::OkStatus();
  const absl::Status error = session.ErrorOf(response, what);
  // The registry forgot the upload, as when it was restarted.
  if (response.status == 404) return absl::UnavailableError(error.message());
  if (response.status / 100 == 2) {
    KSO_ASSIGN_OR_RETURN(const bool arrived,
                         BlobExists(session, scope, digest));
    return arrived ? absl::OkStatus()
                   : absl::UnavailableError(Concat(
                         what, ": the registry took it and does not have it"));
  }
  return error;
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
  // Looking first also finds what arrived although the answer got lost.
  const auto attempt = [&](bool&) -> absl::Status {
    KSO_ASSIGN_OR_RETURN(const bool there, BlobExists(session, scope, digest));
    if (there) return absl::OkStatus();
    KSO_ASSIGN_OR_RETURN(const http::Url upload,
                         BeginUpload(session, scope, what));
    moved = size;
    return SendBlob(session, scope, upload, digest, size, open, what);
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
    AbandonUpload(session, scope, response, what);
    return false;
  }
  // Whoever may not read `from` can still push what it has itself.
  if (response.status / 100 == 4 && response.status != 429) return false;
  return session.ErrorOf(response, what);
}

}  // namespace kso::oci
