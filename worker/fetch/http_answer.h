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

// Judges a file host's answer for a task: OK for 200 and 206, else the error of
// http::ErrorOfAnswer, with advice. What comes with another status of success
// is not the file: it is still to be made (202), was changed on the way (203),
// or is a difference (226).
absl::Status StatusOfAnswer(const http::Response& response,
                            std::string_view url, absl::Time now);

// DATA_LOSS where an answer's bytes are not the file's but an encoding of them
// (RFC 9110, section 8.4), though none was asked for. `url` is the one that was
// asked for what the list calls `list_url`. Servers say "gzip" of a .tar.gz as
// it is, so that the names of compressed files are taken at their word.
absl::Status CheckNotEncoded(const http::Response& response,
                             std::string_view list_url, std::string_view url);

// A header that can stand for content, such as ETag; empty when the answer has
// none or one with other bytes than visible ASCII and blanks. RFC 9110, section
// 8.8.3, allows others, yet they cannot travel as text, and two of them that
// differ could become the same.
std::string ValidatorIn(const http::Response& response,
                        std::string_view header);

// The headers of an answer that identify its content, where they can be
// believed; each may be empty.
struct Validators {
  std::string etag;
  std::string last_modified;
};

// The validators of an answer with a file of `size` bytes (-1 where it is not
// known), without those that would be the same for other content of that size:
//
//   - a Last-Modified that is no time at which a file was made: before 1980, as
//     archives and builds clamp it, after the answer's Date, or so little
//     before that there may have been two changes in it (RFC 9110,
//     section 8.8.2.2);
//   - an ETag that a server makes of such a time and the size, as nginx
//     ("TIME-SIZE") and Apache ("SIZE-TIME") do.
Validators ValidatorsIn(const http::Response& response, int64_t size);

// Returns whether an ETag tells any two contents apart (RFC 9110,
// section 8.8.1).
bool IsStrongEtag(std::string_view etag);

// The strongest validator of an answer that If-Range may name (RFC 9110,
// section 13.1.5): a strong ETag, else Last-Modified, else nothing. One that
// cannot be believed (ValidatorsIn) is none.
std::string RangeValidator(const http::Response& response);

// Content-Length; -1 when it is absent or no number.
int64_t ContentLength(const http::Response& response);

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_HTTP_ANSWER_H_
