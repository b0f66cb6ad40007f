// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_CONTENT_LENGTH_H_
#define KSO_COMMON_HTTP_CONTENT_LENGTH_H_

#include "absl/status/status.h"
#include "common/http/transport.h"

namespace kso::http {

// DATA_LOSS, naming the URL, where an answer's Content-Length is no decimal
// number, or where it has several that differ: such framing is invalid (RFC
// 9112, section 6.3), and readers make different bodies of it. libcurl reads
// "5.5" as 5 and "0x10" as 0. A list of equal numbers is one of them (RFC 9110,
// section 8.6).
absl::Status CheckContentLength(const Response& response);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_CONTENT_LENGTH_H_
