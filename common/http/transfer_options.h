// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_TRANSFER_OPTIONS_H_
#define KSO_COMMON_HTTP_TRANSFER_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <stop_token>

#include "absl/time/time.h"

namespace kso::http {

// Bytes of something, in the terms of RFC 9110, section 14.
struct ByteRange {
  int64_t first = 0;
  int64_t length = 0;

  int64_t end() const { return first + length; }
};

// How content is transferred, whatever it is and whoever serves it.
struct TransferOptions {
  // The bytes that are wanted, not none; the whole where it is not set. Over
  // HTTP it is a Range header (RFC 9110, section 14.2), which the other side
  // may ignore: whoever sets it checks the answer (CheckRangeAnswer).
  std::optional<ByteRange> range = std::nullopt;
  // The transfer could be left out: where transfers are limited, it takes only
  // a place that nobody else wants, and ends ABORTED when there is none or
  // somebody comes.
  bool spare = false;
  // The transfer ends CANCELLED soon after a stop is requested.
  std::stop_token stop = {};
  // No login of this machine is added to the request (netrc.h).
  bool without_login = false;
  // How long the other side may take to begin its answer once it has all of the
  // request; the transport's own bound where it is not set.
  std::optional<absl::Duration> answer_timeout = std::nullopt;
};

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_TRANSFER_OPTIONS_H_
