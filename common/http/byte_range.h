// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_BYTE_RANGE_H_
#define KSO_COMMON_HTTP_BYTE_RANGE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "common/http/transfer_options.h"
#include "common/http/transport.h"

namespace kso::http {

// "bytes=FIRST-LAST", the value of a Range header; `range` is not empty.
std::string RangeHeader(const ByteRange& range);

// A Content-Range of a 206 answer. What the host does not say, or says in no
// way that can be read, is -1.
struct ContentRange {
  int64_t first = -1;
  int64_t last = -1;
  int64_t total = -1;
};
ContentRange ParseContentRange(const Response& response);

// Whether a 2xx answer to a request for `asked` of `total` bytes begins there,
// and has nothing behind it; it may have less. FAILED_PRECONDITION where the
// host does not serve ranges as it should.
absl::Status CheckRangeAnswer(const Response& response, const ByteRange& asked,
                              int64_t total);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_BYTE_RANGE_H_
