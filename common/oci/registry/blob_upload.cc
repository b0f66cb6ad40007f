// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/blob_upload.h"

#include <limits>
#include <optional>
#include <utility>

#include "absl/functional/function_ref.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/sinks.h"
#include "common/http/transfer_options.h"
#include "common/oci/login/access.h"
#include "common/oci/registry/blob_stream.h"
#include "common/oci/registry/upload_session.h"
#include "common/text/percent_coding.h"

namespace kso::oci {
namespace {

// The first try and four more.
constexpr int kTries = 5;

// An upload that got less far than this is begun anew, which costs no more than
// asking how far it got.
constexpr int64_t kWorthResuming = 1 << 20;

http::Request BlobRequest(const RegistrySession& session,
                          const std::string& method,
                          const std::string& repository, const Digest& digest) {
  http::Request request;
  request.method = method;
  request.url = session.UrlOf(Concat(repository, "/blobs/", digest.ToString()));
  return request;
}

// Returns whether a registry may answer a GET although it refused a HEAD: it
// need not support HEAD, and storage that it redirects to may have signed its
// URL for GET alone.
bool MayBeOtherwiseForGet(int status) {
  return status == 400 || status == 401 || status == 403 || status == 405 ||
         status == 501;
}

// Returns whether the first byte of a blob can be read. The transfer ends with
// the answer's headers.
absl::StatusOr<bool> CanBeRead(RegistrySession& session,
                               const AccessScope& scope, const Digest& digest,
                               std::string_view what) {
  http::Request request = BlobRequest(session, "GET", scope.repository, digest);
  request.transfer.range = http::ByteRange{.first = 0, .length = 1};
  bool there = false;
  StringSink unused(1);
  const absl::StatusOr<http::Response> response = session.Download(
      std::move(request), scope, what, unused, [&](const http::Response&) {
        there = true;
        return absl::AbortedError("the headers say enough");
      });
  if (there) return true;
  KSO_RETURN_IF_ERROR(response.status());
  if (response->status == 404) return false;
  // Only a blob without bytes has no first one (RFC 9110, section 15.5.17).
  if (response->status == 416) return true;
  return session.ErrorOf(*response, what);
}

absl::StatusOr<bool> Exists(RegistrySession& session, const AccessScope& scope,
                            const Digest& digest) {
  const std::string what =
      Concat("looking for blob ", digest.ToString(), " in ", scope.repository);
  const http::Request request =
      BlobRequest(session, "HEAD", scope.repository, digest);
  KSO_ASSIGN_OR_RETURN(const http::Response response,
                       scope.push
                           ? session.Perform(request, scope, what)
                           : session.Read(request, scope.repository, what));
  if (response.status == 404) return false;
  if (response.status / 100 == 2) return true;
  if (MayBeOtherwiseForGet(response.status)) {
    return CanBeRead(session, scope, digest, what);
  }
  return session.ErrorOf(response, what);
}

// The tries to push one blob. Each resumes where the one before broke, if that
// is possible.
class Pusher {
 public:
  Pusher(RegistrySession* session, const std::string& repository,
         std::string what)
      : session_(*session),
        scope_{repository, /*push=*/true},
        what_(std::move(what)) {}

  // Makes one try with a blob that is known.
  RegistrySession::Attempt PushKnown(const WrittenBlob& blob,
                                     const OpenSource& open) {
    return Try([&] { return PushKnownOnce(blob, open); });
  }

  // Makes one try with a blob that `stream` has not written to its end yet.
  RegistrySession::Attempt PushUnknown(BlobStream& stream) {
    return Try([&] { return PushUnknownOnce(stream); });
  }

  // Leaves nothing behind at the registry, if it can.
  void Abandon() {
    if (upload_) upload_->Abandon();
    upload_.reset();
  }

  // Tells whether anything was sent at all.
  bool sent() const { return sent_; }

 private:
  RegistrySession::Attempt Try(absl::FunctionRef<absl::Status()> push) {
    made_headway_ = false;
    absl::Status status = push();
    return {.status = std::move(status), .made_headway = made_headway_};
  }

  absl::Status PushKnownOnce(const WrittenBlob& blob, const OpenSource& open) {
    // Looking first also finds what arrived although the answer got lost.
    KSO_ASSIGN_OR_RETURN(const bool there,
                         IsThere(blob.digest, /*when_denied=*/false));
    if (there) return absl::OkStatus();
    KSO_ASSIGN_OR_RETURN(const int64_t offset, Resume(blob.size));
    return End(blob, offset, open);
  }

  absl::Status PushUnknownOnce(BlobStream& stream) {
    KSO_ASSIGN_OR_RETURN(const int64_t offset,
                         Resume(std::numeric_limits<int64_t>::max()));
    sent_ = true;
    const OpenSource open = stream.Opener();
    KSO_ASSIGN_OR_RETURN(const std::optional<int64_t> received,
                         upload_->SendStream(offset, open));
    const std::optional<WrittenBlob>& blob = stream.written();
    if (!blob.has_value()) {
      return Anew("the registry answers before it has all of it");
    }
    const absl::Status ended = End(*blob, blob->size, open);
    // The registry may have put parts of two tries together.
    const bool doubtful =
        offset > 0 || received.value_or(blob->size) != blob->size;
    if (absl::IsInvalidArgument(ended) && doubtful) {
      return Anew(ToStd(ended.message()));
    }
    return ended;
  }

  // Where the registry denies the answer, the push goes on without it.
  absl::StatusOr<bool> IsThere(const Digest& digest, bool when_denied) {
    absl::StatusOr<bool> there = Exists(session_, scope_, digest);
    if (IsDenial(there.status())) return when_denied;
    return there;
  }

  // Returns where this try begins: at 0, with a new upload, unless the last one
  // got far and the registry knows how far.
  absl::StatusOr<int64_t> Resume(int64_t size) {
    const int64_t received = Received(size);
    // An upload that got no further than in the last try is broken itself.
    const int64_t offset = received > sent_before_ ? received : 0;
    made_headway_ = offset >= sent_before_ + kWorthResuming;
    sent_before_ = offset;
    if (offset == 0) {
      KSO_ASSIGN_OR_RETURN(upload_,
                           UploadSession::Begin(session_, scope_, what_));
    }
    return offset;
  }

  int64_t Received(int64_t size) {
    if (!upload_ || size < kWorthResuming) return 0;
    const int64_t received = upload_->Received();
    return received >= kWorthResuming && received <= size ? received : 0;
  }

  // Sends what is left and the digest.
  absl::Status End(const WrittenBlob& blob, int64_t offset,
                   const OpenSource& open) {
    sent_ = true;
    const int64_t most_before = MostBytes();
    const absl::StatusOr<http::Response> response =
        upload_->Send(blob.digest, blob.size, offset, open);
    if (!response.ok()) {
      // Smaller requests may pass; there are only few sizes to try.
      if (MostBytes() != most_before) made_headway_ = true;
      // The bytes may have been damaged on their way, but not twice.
      if (upload_->digest_refused() && !digest_refused_) {
        digest_refused_ = true;
        return Anew(ToStd(response.status().message()));
      }
      return response.status();
    }
    if (response->status == 201) return absl::OkStatus();
    KSO_ASSIGN_OR_RETURN(const bool arrived,
                         IsThere(blob.digest, /*when_denied=*/true));
    if (arrived) return absl::OkStatus();
    return Anew("the registry took it and does not have it");
  }

  int64_t MostBytes() const {
    return session_.upload_traits().MostBytes(session_.host());
  }

  // Returns an error that asks for another try with a new upload.
  absl::Status Anew(std::string_view why) {
    upload_.reset();
    return absl::UnavailableError(Concat(what_, ": ", why));
  }

  RegistrySession& session_;
  const AccessScope scope_;
  const std::string what_;
  std::optional<UploadSession> upload_;
  int64_t sent_before_ = 0;
  // Tells whether this try began well behind where the last one did.
  bool made_headway_ = false;
  bool sent_ = false;
  bool digest_refused_ = false;
};

}  // namespace

absl::StatusOr<bool> BlobExists(RegistrySession& session,
                                const std::string& repository,
                                const Digest& digest) {
  return Exists(session, {repository, /*push=*/false}, digest);
}

absl::Status CheckPush(RegistrySession& session,
                       const std::string& repository) {
  KSO_ASSIGN_OR_RETURN(
      UploadSession upload,
      UploadSession::Begin(session, {repository, /*push=*/true},
                           Concat("beginning to push to ", repository)));
  upload.Abandon();
  return absl::OkStatus();
}

absl::StatusOr<int64_t> UploadBlob(RegistrySession& session,
                                   const std::string& repository,
                                   const Digest& digest, int64_t size,
                                   const OpenSource& open) {
  Pusher pusher(&session, repository,
                Concat("pushing blob ", digest.ToString(), " to ", repository));
  const auto attempt = [&] {
    return pusher.PushKnown({.digest = digest, .size = size}, open);
  };
  KSO_RETURN_IF_ERROR(session.RetryWhileTransient(kTries, attempt));
  return pusher.sent() ? size : 0;
}

absl::StatusOr<int64_t> UploadStream(RegistrySession& session,
                                     const std::string& repository,
                                     const WriteBlob& write) {
  Pusher pusher(&session, repository, Concat("pushing a blob to ", repository));
  BlobStream stream(write);
  const auto attempt = [&] {
    return stream.written()
               ? pusher.PushKnown(*stream.written(), stream.Opener())
               : pusher.PushUnknown(stream);
  };
  const absl::Status pushed = session.RetryWhileTransient(kTries, attempt);
  if (stream.failed() || absl::IsUnimplemented(pushed)) pusher.Abandon();
  KSO_RETURN_IF_ERROR(pushed);
  return stream.written()->size;
}

absl::StatusOr<bool> MountBlob(RegistrySession& session,
                               const std::string& repository,
                               const Digest& digest, const std::string& from) {
  const std::string what = Concat("mounting blob ", digest.ToString(), " of ",
                                  from, " in ", repository);
  const AccessScope scope{repository, /*push=*/true, from};
  http::Request request;
  request.method = "POST";
  request.url = session.UrlOf(Concat(
      repository, "/blobs/uploads/?mount=", PercentEncode(digest.ToString()),
      "&from=", PercentEncode(from)));
  const absl::StatusOr<http::Response> response =
      session.Perform(request, scope, what);
  // A login that may not read `from` can still push what this machine has.
  if (IsDenial(response.status())) return false;
  KSO_RETURN_IF_ERROR(response.status());
  if (response->status == 201) return true;
  if (response->status == 202) {
    auto upload = UploadSession::FromAnswer(session, scope, *response, what);
    if (upload.ok()) upload->Abandon();
    return false;
  }
  if (response->status / 100 == 4 && response->status != 429) return false;
  return session.ErrorOf(*response, what);
}

}  // namespace kso::oci
