// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/blob_download.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "absl/strings/match.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/http/byte_range.h"

namespace kso::oci {
namespace {

constexpr int kRangeNotSatisfiable = 416;
constexpr int kTries = 5;
// A connection that breaks after this much is new trouble, not the same again.
constexpr int64_t kHeadwayBytes = 1 << 20;

// Hands a blob, or a part of it, on in order over several answers: counts,
// hashes where it is told to, and refuses more than there should be.
class BlobSink : public ByteSink {
 public:
  // Takes the bytes up to `end`; 0 where that is not known.
  BlobSink(ByteSink* next, int64_t offset, int64_t end)
      : next_(next), end_(end), position_(offset) {}

  void HashWith(Digest::Algorithm algorithm) { hasher_.emplace(algorithm); }
  // Leaves so many bytes out before the next ones.
  void Skip(int64_t bytes) { skip_ = bytes; }

  absl::Status Write(std::string_view bytes) override {
    const auto skipped =
        std::min<int64_t>(skip_, static_cast<int64_t>(bytes.size()));
    bytes.remove_prefix(skipped);
    skip_ -= skipped;
    if (end_ > 0 && position_ + static_cast<int64_t>(bytes.size()) > end_) {
      return Fail(absl::DataLossError(
          Concat("more than the ", end_, " bytes that it should have")));
    }
    if (hasher_) hasher_->Update(bytes);
    position_ += static_cast<int64_t>(bytes.size());
    return Fail(next_->Write(bytes));
  }

  int64_t position() const { return position_; }
  int64_t end() const { return end_; }
  bool is_full() const { return end_ > 0 && position_ == end_; }
  // The error of the next sink, or of bytes that are too many; OK where there
  // is none.
  const absl::Status& failure() const { return failure_; }
  // The digest of all bytes, when it was to hash them. Call once.
  std::optional<Digest> Finish() {
    if (!hasher_) return std::nullopt;
    return hasher_->Finish();
  }

 private:
  absl::Status Fail(absl::Status status) {
    failure_ = status;
    return status;
  }

  ByteSink* const next_;
  const int64_t end_;
  int64_t position_;
  int64_t skip_ = 0;
  std::optional<Hasher> hasher_;
  absl::Status failure_;
};

// Checks that a 2xx answer has what was asked for, and has the sink leave out
// what is too much.
absl::Status Begin(const http::Response& response, BlobSink& sink) {
  const int64_t position = sink.position();
  if (response.status == 200) {
    sink.Skip(position);
    return absl::OkStatus();
  }
  const std::string range = response.Header("Content-Range").value_or("");
  if (response.status == 206 &&
      absl::StartsWith(range, Concat("bytes ", position, "-"))) {
    sink.Skip(0);
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      Concat("the answer (status ", response.status,
             ") is not the part of the blob from byte ", position));
}

// Pulls into `blob` what it still wants, with one request for each try, which
// `prepare` completes; `begin` judges a 2xx answer.
absl::Status Pull(RegistrySession& session, const std::string& repository,
                  const Digest& digest, std::string_view what, int tries,
                  BlobSink& blob,
                  const std::function<void(http::Request&)>& prepare,
                  const http::Transport::OnResponse& begin) {
  const AccessScope scope{repository, /*push=*/false};
  const auto pull_once = [&]() -> absl::Status {
    if (blob.is_full()) return absl::OkStatus();
    http::Request request;
    request.url =
        session.UrlOf(Concat(repository, "/blobs/", digest.ToString()));
    prepare(request);
    const int64_t start = blob.position();
    const absl::StatusOr<http::Response> response =
        session.Download(request, scope, what, blob, begin);
    // An error of this machine is not mended by asking the registry again.
    if (!blob.failure().ok()) return absl::AbortedError("");
    if (!response.ok()) return response.status();
    if (response->status == kRangeNotSatisfiable) {
      return absl::FailedPreconditionError(Concat(
          what, ": the registry does not have the bytes from ", start, " on"));
    }
    if (response->status / 100 != 2) return session.ErrorOf(*response, what);
    if (blob.end() > 0 && !blob.is_full()) {
      return absl::UnavailableError(Concat(what, ": the answer ends at byte ",
                                           blob.position(), " of ",
                                           blob.end()));
    }
    return absl::OkStatus();
  };
  const auto attempt = [&]() -> RegistrySession::Attempt {
    const int64_t start = blob.position();
    absl::Status status = pull_once();
    return {.status = std::move(status),
            .made_headway = blob.position() - start >= kHeadwayBytes};
  };
  const absl::Status status = session.RetryWhileTransient(tries, attempt);
  return blob.failure().ok() ? status
                             : Prefixed(blob.failure(), Concat(what, ": "));
}

std::string Describe(const std::string& repository, const Digest& digest) {
  return Concat("pulling blob ", digest.ToString(), " of ", repository);
}

}  // namespace

absl::Status DownloadBlob(RegistrySession& session,
                          const std::string& repository, const Digest& digest,
                          int64_t size, int64_t offset, ByteSink& sink) {
  const std::string what = Describe(repository, digest);
  BlobSink blob(&sink, offset, size);
  if (offset == 0) blob.HashWith(digest.algorithm());
  KSO_RETURN_IF_ERROR(Pull(
      session, repository, digest, what, kTries, blob,
      [&blob](http::Request& request) {
        if (blob.position() == 0) return;
        request.headers = {{"Range", Concat("bytes=", blob.position(), "-")}};
      },
      [&blob](const http::Response& begun) { return Begin(begun, blob); }));

  const std::optional<Digest> actual = blob.Finish();
  if (actual && *actual != digest) {
    return absl::DataLossError(Concat(what, ": its bytes have the digest ",
                                      actual->ToString(),
                                      "; the registry's copy is damaged"));
  }
  return absl::OkStatus();
}

absl::Status DownloadBlobPart(RegistrySession& session,
                              const std::string& repository,
                              const Digest& digest, int64_t size,
                              const http::TransferOptions& part,
                              ByteSink& sink) {
  const int64_t end = part.range->end();
  BlobSink blob(&sink, part.range->first, end);
  const auto missing = [&blob, end] {
    return http::ByteRange{.first = blob.position(),
                           .length = end - blob.position()};
  };
  const auto is_all = [size](const http::ByteRange& range) {
    return range.first == 0 && range.length == size;
  };
  return Pull(
      session, repository, digest, Describe(repository, digest),
      part.spare ? 1 : kTries, blob,
      [&](http::Request& request) {
        request.transfer = part;
        request.transfer.range.reset();
        if (!is_all(missing())) request.transfer.range = missing();
      },
      [&](const http::Response& begun) {
        if (begun.status == 200 && is_all(missing())) return absl::OkStatus();
        return http::CheckRangeAnswer(begun, missing(), size);
      });
}

}  // namespace kso::oci
