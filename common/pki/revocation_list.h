// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_PKI_REVOCATION_LIST_H_
#define KSO_COMMON_PKI_REVOCATION_LIST_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kso::pki {

// The largest file of revocations that is read.
inline constexpr size_t kLargestRevocationList = 8 << 20;

// The certificates that are of no use before they expire: a text that an
// operator may edit. A line revokes one certificate by its serial number, or
// an identity, whatever certificate shows it; what follows is the reason:
//
//   # A comment.
//   serial:4f5e8c1d0b2a69783746150f1e2d3c4b  2026-11-30 laptop lost
//   spiffe://farm/kso/work/box-1             2026-11-30 disk stolen
//
// An identity stays revoked until its line is removed; that is what ends a
// worker, which may have renewed its certificate since.
class RevocationList {
 public:
  // INVALID_ARGUMENT names the line that is neither of these.
  static absl::StatusOr<RevocationList> Parse(std::string_view text);

  // FAILED_PRECONDITION with the reason when `identity`, a URI, is revoked, or
  // the certificate of `serial`, which is asked for only where some serial
  // numbers are revoked. Digits are compared without regard to case, leading
  // zeros and colons.
  absl::Status Check(std::string_view identity,
                     const std::function<std::string()>& serial) const;

  size_t size() const { return identities_.size() + serials_.size(); }

 private:
  // The reasons, which may be empty.
  std::map<std::string, std::string, std::less<>> identities_;
  std::map<std::string, std::string, std::less<>> serials_;
};

// The line that revokes `what`, "serial:HEX" or an identity's URI.
// INVALID_ARGUMENT when it is neither.
absl::StatusOr<std::string> RevocationLine(std::string_view what,
                                           std::string_view reason);

}  // namespace kso::pki

#endif  // KSO_COMMON_PKI_REVOCATION_LIST_H_
