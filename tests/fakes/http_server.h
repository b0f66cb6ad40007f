// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_HTTP_SERVER_H_
#define KSO_TESTS_FAKES_HTTP_SERVER_H_

#include <httplib.h>

#include <string>
#include <thread>

namespace kso::testing {

// A real HTTP server on loopback. Set up routes, then Start; the destructor
// stops it.
class HttpServer {
 public:
  // `address` may be any of 127.0.0.0/8, to have hosts that differ.
  explicit HttpServer(const std::string& address = "127.0.0.1");
  ~HttpServer();

  httplib::Server& routes() { return server_; }
  void Start();

  // "127.0.0.1:PORT", known before Start.
  std::string host() const;
  // "http://127.0.0.1:PORT" + path.
  std::string Url(const std::string& path) const;

 private:
  const std::string address_;
  httplib::Server server_;
  const int port_;
  std::thread thread_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_HTTP_SERVER_H_
