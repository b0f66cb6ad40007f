// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_TRANSPORT_H_
#define KSO_COMMON_HTTP_TRANSPORT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/bytes/byte_stream.h"
#include "common/http/address_rule.h"
#include "common/http/transfer_options.h"

namespace kso::http {

// The header fields of a message, in their order; a name may come twice.
using Headers = std::vector<std::pair<std::string, std::string>>;

// The host that gave an answer, for the request that goes where the answer
// points.
struct AnsweringHost {
  // "HOST[:PORT]".
  std::string host;
  // It does not answer at a private address, as far as one can know.
  bool is_public = false;
  // The operator lets it lead to private addresses
  // (TransportOptions::private_redirects).
  bool may_lead_inside = false;
};

struct Request {
  std::string method = "GET";
  std::string url;
  Headers headers;
  // The body, where `body_source` is not set.
  std::string body;
  // A body too large for memory, opened anew at each try when the source of the
  // try before is gone, with its size. With kUnknownSize the body ends where
  // its source does (over HTTP/1.1, Transfer-Encoding: chunked; RFC 9112,
  // section 7.1).
  static constexpr int64_t kUnknownSize = -1;
  OpenSource body_source;
  int64_t body_size = 0;
  // Headers that carry credentials: sent to the origin of `url` only, never
  // along a redirect to another origin.
  Headers credentials;
  // How many redirects are followed; 0 hands a 3xx to the caller.
  int max_redirects = 10;
  // Where another answer named `url`, as in an upload's Location, who gave it
  // (Response::answered_by): the rule of redirects holds for it too.
  std::optional<AnsweringHost> named_by = {};
  TransferOptions transfer;
};

struct Response {
  int status = 0;
  Headers headers;
  // Filled when the request had no sink; at most `max_body` bytes.
  std::string body;
  // The URL that answered, after redirects.
  std::string effective_url;
  AnsweringHost answered_by = {};

  // The first header of that name, compared without case.
  std::optional<std::string> Header(std::string_view name) const;
};

// Makes HTTP requests. Any status is an answer; a Status says that there was
// none: UNAVAILABLE when the host cannot be reached or the connection broke
// (including a body shorter than announced), DEADLINE_EXCEEDED when nothing
// moved for the progress timeout, no answer began in time or it only drips,
// INVALID_ARGUMENT for a bad
// URL, PERMISSION_DENIED for an address that TransportOptions::addresses does
// not allow, a redirect from a public to a private address or from https to
// http, FAILED_PRECONDITION for a
// certificate that this machine does not trust or endless redirects,
// RESOURCE_EXHAUSTED for a body over the bound, CANCELLED, ABORTED for a spare
// request without a place. Messages hold no query strings.
//
// May be called from any thread; each call blocks its caller and opens its
// sockets on that thread (so a caller inside a network namespace reaches hosts
// there; use a Transport of its own for that, since idle connections are kept).
class Transport {
 public:
  // Called with a successful (2xx) answer's status and headers before its first
  // body byte; an error ends the transfer and is returned.
  using OnResponse = std::function<absl::Status(const Response&)>;

  virtual ~Transport() = default;

  // The body goes to `Response::body`, whatever the status; RESOURCE_EXHAUSTED
  // past `max_body` bytes for a 2xx, cut there for others (error bodies).
  virtual absl::StatusOr<Response> Perform(const Request& request,
                                           size_t max_body = 4 << 20) = 0;

  // The body of a 2xx answer goes to `sink`; other bodies to `Response::body`,
  // cut at 64 KiB.
  virtual absl::StatusOr<Response> Download(const Request& request,
                                            ByteSink& sink,
                                            OnResponse on_response = {}) = 0;
};

struct TransportOptions {
  absl::Duration connect_timeout = absl::Seconds(15);
  // A transfer in which no byte moves for this long is cut.
  absl::Duration progress_timeout = absl::Seconds(60);
  // The same for the silence between a request, once all of it was sent, and
  // the beginning of its answer: a cache may fetch a blob whole before it sends
  // the first byte of it.
  absl::Duration answer_timeout = absl::Minutes(5);
  // A transfer that moved fewer bytes a second than this over a whole
  // `rate_window` is cut too; 0 lets it drip.
  int64_t least_bytes_per_second = 1024;
  absl::Duration rate_window = absl::Seconds(60);
  std::string user_agent = "kso";
  // A file of PEM with the certificate authorities that are trusted. When it is
  // empty, $SSL_CERT_FILE names it, and where that is not set the authorities
  // that the machine trusts are used.
  std::string trusted_authorities = {};
  // Heeds the proxy that the environment names (http_proxy, https_proxy and
  // no_proxy, as curl reads them). Hosts of loopback are never asked through
  // it.
  bool use_proxy = true;
  // The public hosts, as "HOST[:PORT]", that may redirect to private addresses.
  std::set<std::string> private_redirects = {};
  // The private addresses that are connected to, by default all. The rule holds
  // when a connection is made, whatever named the host. It does not hold for
  // the proxy itself; behind one, a name is judged by what it is on this
  // machine, where that knows it.
  AddressRule addresses = {};
};

// The transport over libcurl.
absl::StatusOr<std::unique_ptr<Transport>> CreateCurlTransport(
    const TransportOptions& options = {});

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_TRANSPORT_H_
