// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_HTTP_ANSWER_H_
#define KSO_WORKER_FETCH_HTTP_ANSWER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/http/transport.h"

namespace kso::worker {

// Judges a file host's answer for a task: OK for 2xx, else the error of
// http::ErrorOfAnswer, with advice.
absl::Status StatusOfAnswer(const http::Response& response,
                            std::string_view url, absl::Time now);

// A header that can stand for content, such as ETag; empty when the answer has
// none or one with other bytes than visible ASCII and blanks. RFC 9110, section
// 8.8.3, allows others, yet they cannot travel as text, and two of them that
// differ could become the same.
std::string ValidatorIn(const http::Response& response,
                        std::string_view header);

// Returns whether an ETag tells any two contents apart (RFC 9110,
// section 8.8.1).
bool IsStrongEtag(std::string_view etag);

// The strongest validator of an answer that If-Range may name (RFC 9110,
// section 13.1.5): a strong ETag, else Last-Modified, else nothing.
std::string RangeValidator(const http::Response& response);

// Content-Length; -1 when it is absent or no number.
int64_t ContentLength(const http::Response& response);

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_HTTP_ANSWER_H_
