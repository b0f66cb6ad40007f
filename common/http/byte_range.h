// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_BYTE_RANGE_H_
#define KSO_COMMON_HTTP_BYTE_RANGE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "common/http/transfer_options.h"
#include "common/http/transport.h"

namespace kso::http {

// The value of a Range header (RFC 9110, section 14.2), "bytes=FIRST-LAST";
// `range` is not empty.
std::string RangeHeader(const ByteRange& range);

// A Content-Range of a 206 answer (RFC 9110, section 14.4). A number that the
// host leaves out, or that cannot be read, is -1.
struct ContentRange {
  int64_t first = -1;
  int64_t last = -1;
  int64_t total = -1;
};
ContentRange ParseContentRange(const Response& response);

// Checks that a 2xx answer to a request for `asked` of `total` bytes begins
// there, and has nothing behind it; it may have less (RFC 9110, sections 14.2
// and 15.3.7). FAILED_PRECONDITION where the host does not serve ranges as it
// should.
absl::Status CheckRangeAnswer(const Response& response, const ByteRange& asked,
                              int64_t total);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_BYTE_RANGE_H_
