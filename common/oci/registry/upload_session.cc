// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/upload_session.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/oci/registry/registry_error.h"
#include "common/text/percent_coding.h"

namespace kso::oci {
namespace {

// Content Too Large (RFC 9110, section 15.5.14).
constexpr int kTooLarge = 413;
constexpr char kRaiseBound[] =
    "; raise the proxy's bound on requests (nginx: client_max_body_size)";

// The URL that `answer` wants the blob at.
absl::StatusOr<http::Url> LocationOf(const RegistrySession& session,
                                     const http::Response& answer,
                                     const std::string& what) {
  const std::optional<std::string> location = answer.Header("Location");
  if (!location) {
    return absl::InvalidArgumentError(
        Concat(what, ": ", session.base().host(), " names no upload location"));
  }
  KSO_ASSIGN_OR_RETURN(const http::Url asked,
                       http::Url::Parse(answer.effective_url));
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

// Reads "0-N", the range of the bytes that came: N + 1 (distribution-spec 1.1,
// "Pushing a blob in chunks").
int64_t ReceivedBytes(const http::Response& answer) {
  const std::string header = answer.Header("Range").value_or("");
  absl::string_view text = header;
  absl::ConsumePrefix(&text, "bytes=");
  int64_t last = 0;
  if (!absl::ConsumePrefix(&text, "0-") || !absl::SimpleAtoi(text, &last)) {
    return 0;
  }
  // Nothing that large is uploaded.
  return last < 0 || last >= kLargestContent ? 0 : last + 1;
}

// Returns whether a registry, or a proxy before it, refuses a body because its
// length is not announced: with Length Required (RFC 9110, section 15.5.12), or
// as something that it does not know; or because it is too long, so that it has
// to be sent in chunks.
bool WantsTheSize(int status) {
  return status == 411 || status == 400 || status == 405 || status == 415 ||
         status == 501 || status == kTooLarge;
}

// Returns whether a registry has other bytes of an upload than it said, or has
// forgotten it, so that it is begun anew. Of several replicas, one need not
// know what another has got.
bool IsForgotten(const http::Response& response) {
  if (response.status == 416 || response.status == 404) return true;
  for (const std::string& code : ErrorCodes(response)) {
    if (code == "BLOB_UPLOAD_INVALID" || code == "BLOB_UPLOAD_UNKNOWN" ||
        code == "BLOB_UNKNOWN") {
      return true;
    }
  }
  return false;
}

// Returns whether a registry says that the bytes of an upload are wrong, or too
// few.
bool RefusesBytes(const http::Response& response) {
  for (const std::string& code : ErrorCodes(response)) {
    if (code == "DIGEST_INVALID" || code == "SIZE_INVALID") return true;
  }
  return false;
}

// A registry that keeps its blobs in an object store copies a blob to its place
// there before it answers the last request of an upload, in silence: this long,
// and the time that a slow store takes for so many bytes.
absl::Duration AnswerTimeout(int64_t size) {
  constexpr int64_t kBytesPerSecond = 10 << 20;
  return absl::Minutes(10) +
         absl::Seconds(std::max<int64_t>(size, 0) / kBytesPerSecond);
}

// The registry's OCI-Chunk-Min-Length (distribution-spec 1.1, "Pushing a blob
// in chunks"); 0 where it states none.
int64_t ChunkMinLength(const http::Response& answer) {
  const std::string text = answer.Header("OCI-Chunk-Min-Length").value_or("");
  int64_t bytes = 0;
  return absl::SimpleAtoi(text, &bytes) && bytes > 0 ? bytes : 0;
}

}  // namespace

absl::StatusOr<UploadSession> UploadSession::Begin(RegistrySession& session,
                                                   const AccessScope& scope,
                                                   const std::string& what) {
  http::Request request;
  request.method = "POST";
  request.url = session.UrlOf(Concat(scope.repository, "/blobs/uploads/"));
  KSO_ASSIGN_OR_RETURN(const http::Response response,
                       session.Perform(request, scope, what));
  if (response.status == 404) {
    // Each blob of a build meets this, so the words do not name the blob: one
    // cause is said once.
    const absl::Status error = session.ErrorOf(
        response, Concat("beginning to push to ", scope.repository));
    return WithMessage(error,
                       Concat(ToStd(error.message()), "; the repository ",
                              scope.repository, " has to be made there first"));
  }
  if (response.status != 202) return session.ErrorOf(response, what);
  return FromAnswer(session, scope, response, what);
}

absl::StatusOr<UploadSession> UploadSession::FromAnswer(
    RegistrySession& session, const AccessScope& scope,
    const http::Response& answer, const std::string& what) {
  KSO_ASSIGN_OR_RETURN(http::Url url, LocationOf(session, answer, what));
  UploadSession upload(&session, scope, what, std::move(url));
  upload.named_by_ = answer.answered_by;
  upload.min_chunk_ = ChunkMinLength(answer);
  return upload;
}

absl::StatusOr<http::Response> UploadSession::Perform(http::Request request) {
  KSO_ASSIGN_OR_RETURN(http::Response response,
                       session_->Perform(std::move(request), scope_, what_));
  // The next request goes where this answer says, if it says so.
  if (response.status / 100 == 2 && response.status != 201 &&
      response.Header("Location").has_value()) {
    KSO_ASSIGN_OR_RETURN(url_, LocationOf(*session_, response, what_));
    named_by_ = response.answered_by;
  }
  return response;
}

http::Request UploadSession::NextRequest(const char* method) const {
  http::Request request;
  request.method = method;
  request.url = url_.text();
  request.named_by = named_by_;
  return request;
}

int64_t UploadSession::Received() {
  const absl::StatusOr<http::Response> response = Perform(NextRequest("GET"));
  if (!response.ok() || response->status / 100 != 2) return 0;
  return ReceivedBytes(*response);
}

absl::StatusOr<http::Response> UploadSession::Patch(int64_t offset, int64_t end,
                                                    const OpenSource& open) {
  http::Request request = NextRequest("PATCH");
  request.headers = {{"Content-Type", "application/octet-stream"}};
  request.body_source = [&open, offset](int64_t from) {
    return open(offset + from);
  };
  request.body_size = http::Request::kUnknownSize;
  request.transfer.answer_timeout = AnswerTimeout(end);
  if (end != http::Request::kUnknownSize) {
    request.headers.emplace_back("Content-Range", Concat(offset, "-", end - 1));
    request.body_size = end - offset;
  }
  return Perform(std::move(request));
}

absl::Status UploadSession::Refused(const http::Response& response,
                                    int64_t bytes) {
  const absl::Status error = session_->ErrorOf(response, what_);
  if (response.status == kTooLarge && bytes > 0) {
    if (session_->upload_traits().AddSizeRefusal(session_->host(), bytes)) {
      return WithCode(error, absl::StatusCode::kUnavailable);
    }
    return WithMessage(error, Concat(ToStd(error.message()), kRaiseBound));
  }
  digest_refused_ |= RefusesBytes(response);
  return IsForgotten(response) ? WithCode(error, absl::StatusCode::kUnavailable)
                               : error;
}

absl::StatusOr<int64_t> UploadSession::ChunkFor(int64_t rest) const {
  const UploadTraits& traits = session_->upload_traits();
  const int64_t most = traits.MostBytes(session_->host());
  if (most == 0 || rest <= most) return 0;
  // Chunks of one size, so that the last is no shorter than it has to be: not
  // every registry knows which one is the last.
  const int64_t count = (rest + most - 1) / most;
  const int64_t even = (rest + count - 1) / count;
  if (even >= min_chunk_) return even;
  if (most >= min_chunk_) return most;
  if (traits.RefusesSize(session_->host(), min_chunk_)) {
    return absl::InvalidArgumentError(Concat(what_, ": a proxy before ",
                                             session_->host(),
                                             " takes requests of ", most,
                                             " bytes, and the registry no "
                                             "chunks below ",
                                             min_chunk_, kRaiseBound));
  }
  return min_chunk_;
}

absl::Status UploadSession::SendRest(int64_t size, int64_t offset,
                                     int64_t chunk, const OpenSource& open) {
  while (offset < size) {
    const int64_t end = size - offset <= chunk ? size : offset + chunk;
    KSO_ASSIGN_OR_RETURN(const http::Response response,
                         Patch(offset, end, open));
    if (response.status / 100 != 2) return Refused(response, end - offset);
    offset = end;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<int64_t>> UploadSession::SendStream(
    int64_t offset, const OpenSource& open) {
  KSO_ASSIGN_OR_RETURN(const http::Response response,
                       Patch(offset, http::Request::kUnknownSize, open));
  if (response.status / 100 == 2) {
    if (!response.Header("Range").has_value()) return std::nullopt;
    return ReceivedBytes(response);
  }
  const absl::Status error = Refused(response, 0);
  // A stream is one chunk, of a length that the registry may find too small.
  const bool too_small = response.status == 416 && RefusesBytes(response);
  const bool wants_size =
      WantsTheSize(response.status) && !IsForgotten(response);
  if (!too_small && !wants_size) return error;
  return offset > 0 ? absl::UnavailableError(error.message())
                    : absl::UnimplementedError(error.message());
}

absl::StatusOr<http::Response> UploadSession::Send(const Digest& digest,
                                                   int64_t size, int64_t offset,
                                                   const OpenSource& open) {
  KSO_ASSIGN_OR_RETURN(const int64_t chunk, ChunkFor(size - offset));
  const bool in_parts = offset > 0 || chunk > 0;
  if (in_parts) {
    KSO_RETURN_IF_ERROR(SendRest(size, offset, chunk > 0 ? chunk : size, open));
  }
  http::Request request = NextRequest("PUT");
  request.url =
      Concat(url_.text(), absl::StrContains(url_.text(), "?") ? "&" : "?",
             "digest=", PercentEncode(digest.ToString()));
  request.headers = {{"Content-Type", "application/octet-stream"}};
  if (!in_parts) {
    request.body_source = open;
    request.body_size = size;
  }
  request.transfer.answer_timeout = AnswerTimeout(size);
  KSO_ASSIGN_OR_RETURN(http::Response response,
                       session_->Perform(std::move(request), scope_, what_));
  if (response.status / 100 == 2) return response;
  return Refused(response, in_parts ? 0 : size);
}

void UploadSession::Abandon() {
  session_->Perform(NextRequest("DELETE"), scope_, what_).IgnoreError();
}

}  // namespace kso::oci
