// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_HTTP_HANDLER_H_
#define KSO_COORDINATOR_HTTP_HANDLER_H_

#include <cstddef>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "coordinator/http/message.h"

namespace kso::coordinator {

// Takes the answer of one request. It may be called from any thread, once.
// Destroying it uncalled closes the connection.
using HttpRespond = absl::AnyInvocable<void(HttpResponse)>;

// The decision on a request whose head has come, before its body is read.
struct HttpAdmission {
  // Set: this is the answer, and the body is not read.
  std::optional<HttpResponse> refusal;
  // Else a body of more bytes is answered with 413.
  size_t most_body_bytes = 0;
  // Called once with the whole request.
  absl::AnyInvocable<void(HttpRequest, HttpRespond)> run;

  static HttpAdmission Refuse(HttpResponse response) {
    HttpAdmission admission;
    admission.refusal = std::move(response);
    return admission;
  }
};

// The content that the server serves. It is called on the server's few threads,
// so it must not block: an answer that takes time is given later.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // `head` is the request without its body.
  virtual HttpAdmission Admit(const HttpRequest& head) = 0;
  // The answer of the server's own: 400 for a request that it cannot read, 413,
  // 431, 503. `detail` says why, in a sentence for people.
  virtual HttpResponse Problem(int status, std::string_view detail) = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_HTTP_HANDLER_H_
