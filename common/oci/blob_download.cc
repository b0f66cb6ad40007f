#include "common/oci/blob_download.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"

namespace kso::oci {
namespace {

constexpr int kTries = 5;
// A break after this much is a new break, not the same trouble again.
constexpr int64_t kHeadwayBytes = 1 << 20;

// Passes a blob on, in order over several answers: counts, hashes, and refuses
// more than there should be.
class BlobSink : public ByteSink {
 public:
  BlobSink(ByteSink* next, const Digest& digest, int64_t size, int64_t offset)
      : next_(next), size_(size), position_(offset) {
    if (offset == 0) hasher_.emplace(digest.algorithm());
  }

  // Bytes to leave out before the next ones.
  void Skip(int64_t bytes) { skip_ = bytes; }

  absl::Status Write(std::string_view bytes) override {
    const auto skipped =
        std::min<int64_t>(skip_, static_cast<int64_t>(bytes.size()));
    bytes.remove_prefix(skipped);
    skip_ -= skipped;
    if (size_ > 0 && position_ + static_cast<int64_t>(bytes.size()) > size_) {
      return Fail(absl::DataLossError(
          Concat("more than the ", size_, " bytes that it should have")));
    }
    if (hasher_) hasher_->Update(bytes);
    position_ += static_cast<int64_t>(bytes.size());
    return Fail(next_->Write(bytes));
  }

  int64_t position() const { return position_; }
  // What the sink behind said, or what was wrong with the bytes.
  const absl::Status& failure() const { return failure_; }
  // The digest of all bytes, when there were all. Call once.
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
  const int64_t size_;
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

}  // namespace

absl::Status DownloadBlob(RegistrySession& session,
                          const std::string& repository, const Digest& digest,
                          int64_t size, int64_t offset, ByteSink& sink) {
  const std::string what =
      Concat("pulling blob ", digest.ToString(), " of ", repository);
  const AccessScope scope{repository, /*push=*/false};
  BlobSink blob(&sink, digest, size, offset);

  const auto attempt = [&](bool& headway) -> absl::Status {
    if (size > 0 && blob.position() == size) return absl::OkStatus();
    http::Request request;
    request.url =
        session.UrlOf(Concat(repository, "/blobs/", digest.ToString()));
    const int64_t start = blob.position();
    if (start > 0) {
      request.headers = {{"Range", Concat("bytes=", start, "-")}};
    }
    const absl::StatusOr<http::Response> response = session.Download(
        request, scope, what, blob,
        [&blob](const http::Response& begun) { return Begin(begun, blob); });
    headway = blob.position() - start >= kHeadwayBytes;
    // Trouble on this side is not mended by asking the registry again.
    if (!blob.failure().ok()) return absl::AbortedError("");
    if (!response.ok()) return response.status();
    if (response->status / 100 != 2) return session.ErrorOf(*response, what);
    if (size > 0 && blob.position() < size) {
      return absl::UnavailableError(Concat(what, ": the answer ends at byte ",
                                           blob.position(), " of ", size));
    }
    return absl::OkStatus();
  };
  const absl::Status status = session.RetryWhileUnavailable(kTries, attempt);
  if (!blob.failure().ok()) {
    return absl::Status(blob.failure().code(),
                        Concat(what, ": ", blob.failure().message()));
  }
  KSO_RETURN_IF_ERROR(status);

  const std::optional<Digest> actual = blob.Finish();
  if (actual && *actual != digest) {
    return absl::DataLossError(Concat(what, ": its bytes have the digest ",
                                      actual->ToString(),
                                      "; the registry's copy is damaged"));
  }
  return absl::OkStatus();
}

}  // namespace kso::oci
