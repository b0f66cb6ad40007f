// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_HTTP_MESSAGE_H_
#define KSO_COORDINATOR_HTTP_MESSAGE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/http/event_feed.h"

namespace kso::coordinator {

// A field of the head of a message.
struct HttpHeader {
  std::string name;
  std::string value;
};

// The connection on which a request came.
struct HttpPeer {
  // The client's address: "192.0.2.7:41234", "[2001:db8::7]:41234".
  std::string address;
  // The address that the client connected to, without the port and without
  // brackets.
  std::string local_host;
  // The client is on this machine.
  bool loopback = false;
  bool tls = false;
  // The URI names of the client certificate, whose chain has been verified.
  std::vector<std::string> certificate_uris;
  bool has_certificate = false;
  // That certificate, in PEM.
  std::string certificate;
};

// A request as the server reads it. The bytes of headers and of the query are
// the client's, within HttpLimits.
struct HttpRequest {
  // "GET". A HEAD is told as a GET: the server leaves the body of its answer
  // out.
  std::string method;
  // The path as it came, without the query: "/api/v1/workers/a%2Fb".
  std::string path;
  // The path's parts, percent-decoded: {"api", "v1", "workers", "a/b"}. "/" has
  // none; "/a/" has {"a", ""}.
  std::vector<std::string> segments;
  // The parameters of the query in their order, decoded.
  std::vector<std::pair<std::string, std::string>> query;
  // The path and the query as they came.
  std::string target;
  std::vector<HttpHeader> headers;
  std::string body;
  HttpPeer peer;

  // The value of the first header of that name, whatever its case; empty where
  // there is none.
  std::string_view Header(std::string_view name) const;
  int CountHeaders(std::string_view name) const;
};

// An endless answer of server-sent events.
struct HttpEventStream {
  EventFeed* feed = nullptr;
  // The id of the last event that the client has seen; empty when it has seen
  // none.
  std::string last_id;
  // Asked at each heartbeat: false ends the stream. May be empty.
  std::function<bool()> allowed;
};

struct HttpResponse {
  int status = 200;
  // The server adds Content-Length, Connection and Date.
  std::vector<HttpHeader> headers;
  // Null is an empty body. It may be shared by many answers.
  std::shared_ptr<const std::string> body;
  // With this, the answer is a stream and has no body.
  std::optional<HttpEventStream> stream;
};

// A response of that status, with a body of `content_type`.
HttpResponse MakeResponse(int status, std::string_view content_type,
                          std::string body);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_HTTP_MESSAGE_H_
