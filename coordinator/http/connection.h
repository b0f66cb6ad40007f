// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_HTTP_CONNECTION_H_
#define KSO_COORDINATOR_HTTP_CONNECTION_H_

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "coordinator/http/body_budget.h"
#include "coordinator/http/connection_table.h"
#include "coordinator/http/handler.h"
#include "coordinator/http/limits.h"

namespace kso::coordinator {

// The parts that all connections of a server share. It lives as long as the
// last of them.
struct HttpCore {
  HttpCore(HttpHandler* the_handler, const HttpLimits& the_limits)
      : handler(the_handler),
        limits(the_limits),
        table(the_limits),
        budget(the_limits.most_body_bytes) {}

  HttpHandler* const handler;
  const HttpLimits limits;
  ConnectionTable table;
  BodyBudget budget;
  // The server has ended: nothing runs on `io` any more, so nothing may be left
  // there, where it would hold its connection for ever.
  std::atomic<bool> stopped = false;
  boost::asio::io_context io;
};

// Serves a connection that has been accepted, until its end. `socket` runs on a
// strand of its own. With `tls`, the client is to begin a handshake. A
// connection for which the table has no room is closed.
void ServeConnection(std::shared_ptr<HttpCore> core,
                     boost::asio::ip::tcp::socket socket,
                     std::shared_ptr<boost::asio::ssl::context> tls);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_HTTP_CONNECTION_H_
