// SPDX-License-Identifier: Apache-2.0
#include "common/blob/verifying_sink.h"

#include "common/base/status_macros.h"
#include "common/base/strings.h"

namespace kso {

VerifyingSink::VerifyingSink(ByteSink* next, const Digest& digest, int64_t size)
    : next_(*next), digest_(digest), size_(size), hasher_(digest.algorithm()) {}

absl::Status VerifyingSink::Write(std::string_view bytes) {
  KSO_RETURN_IF_ERROR(Skip(bytes));
  return next_.Write(bytes);
}

absl::Status VerifyingSink::Skip(std::string_view bytes) {
  if (static_cast<int64_t>(bytes.size()) > size_ - position_) {
    return absl::DataLossError(
        Concat(digest_.ToString(), " has more than its ", size_, " bytes"));
  }
  hasher_.Update(bytes);
  position_ += static_cast<int64_t>(bytes.size());
  return absl::OkStatus();
}

absl::Status VerifyingSink::Finish() {
  if (position_ != size_) {
    return absl::DataLossError(Concat(digest_.ToString(), " ends after ",
                                      position_, " of its ", size_, " bytes"));
  }
  const Digest actual = hasher_.Finish();
  if (actual == digest_) return absl::OkStatus();
  return absl::DataLossError(Concat(digest_.ToString(), " has ", size_,
                                    " bytes, which are ", actual.ToString(),
                                    " instead"));
}

}  // namespace kso
