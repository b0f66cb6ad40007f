// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_HTTP_SERVER_H_
#define KSO_COORDINATOR_HTTP_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "coordinator/http/handler.h"
#include "coordinator/http/limits.h"
#include "coordinator/http/tls_identity.h"

namespace kso::coordinator {

// An HTTP/1.1 server (RFC 9110, 9112) that serves any number of slow clients
// and endless streams with two threads: nothing of it waits for a client.
// Boost.Beast reads the messages; the bounds are those of HttpLimits. With a
// TLS identity it speaks TLS 1.3 and nothing else. The destructor closes all
// connections; answers that come later are dropped. Thread safe.
class HttpServer {
 public:
  virtual ~HttpServer() = default;
  // The address on which it listens, "HOST:PORT", with the real port.
  virtual std::string address() const = 0;
};

// Listens on "HOST:PORT"; an IPv6 address stands in brackets, and port 0 picks
// a free one. `tls` may be null: plain HTTP. The pointers must outlive it.
// INVALID_ARGUMENT for an address of another form or a TLS identity that cannot
// be used, UNAVAILABLE when it cannot listen there.
absl::StatusOr<std::unique_ptr<HttpServer>> StartHttpServer(
    const std::string& address, HttpHandler* handler, HttpTlsSource* tls,
    const HttpLimits& limits = {});

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_HTTP_SERVER_H_
