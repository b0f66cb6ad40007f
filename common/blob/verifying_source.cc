// SPDX-License-Identifier: Apache-2.0
#include "common/blob/verifying_source.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"

namespace kso {
namespace {

class VerifyingSource : public ByteSource {
 public:
  VerifyingSource(std::unique_ptr<ByteSource> source, const Digest& digest,
                  std::optional<int64_t> size,
                  std::function<void(bool)> on_verdict)
      : source_(std::move(source)),
        digest_(digest),
        size_(size),
        on_verdict_(std::move(on_verdict)),
        hasher_(digest.algorithm()) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    KSO_RETURN_IF_ERROR(failure_);
    if (size == 0) return size_t{0};
    KSO_ASSIGN_OR_RETURN(const size_t count, source_->Read(buffer, size));
    total_ += static_cast<int64_t>(count);
    if (size_.has_value() && total_ > *size_) {
      return Fail(Concat("has more than its ", *size_, " bytes"));
    }
    if (count > 0) hasher_.Update(std::string_view(buffer, count));
    if (!verified_ && (count == 0 || total_ == size_)) {
      KSO_RETURN_IF_ERROR(Verify());
    }
    return count;
  }

 private:
  absl::Status Verify() {
    if (size_.has_value() && total_ < *size_) {
      return Fail(Concat("ends after ", total_, " of its ", *size_, " bytes"));
    }
    const Digest actual = hasher_.Finish();
    if (actual != digest_) {
      return Fail(Concat("has ", total_, " bytes, which are ",
                         actual.ToString(), " instead"));
    }
    // A source without a size may be asked again after its end, and one with a
    // size has to be, to see that it ends.
    verified_ = true;
    hasher_ = Hasher(digest_.algorithm());
    if (on_verdict_) std::exchange(on_verdict_, nullptr)(true);
    return absl::OkStatus();
  }

  absl::Status Fail(const std::string& reason) {
    failure_ = absl::DataLossError(Concat(digest_.ToString(), " ", reason));
    if (on_verdict_) std::exchange(on_verdict_, nullptr)(false);
    return failure_;
  }

  const std::unique_ptr<ByteSource> source_;
  const Digest digest_;
  const std::optional<int64_t> size_;
  std::function<void(bool)> on_verdict_;
  Hasher hasher_;
  int64_t total_ = 0;
  bool verified_ = false;
  absl::Status failure_;
};

}  // namespace

std::unique_ptr<ByteSource> CreateVerifyingSource(
    std::unique_ptr<ByteSource> source, const Digest& digest,
    std::optional<int64_t> size, std::function<void(bool right)> on_verdict) {
  return std::make_unique<VerifyingSource>(std::move(source), digest, size,
                                           std::move(on_verdict));
}

}  // namespace kso
