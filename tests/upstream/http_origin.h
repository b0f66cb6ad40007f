// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_HTTP_ORIGIN_H_
#define KSO_TESTS_UPSTREAM_HTTP_ORIGIN_H_

#include <httplib.h>

#include <functional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

namespace kso::upstream {

// One listening port. Every GET and HEAD goes to one handler; other methods
// are refused, or go there too.
class HttpOrigin {
 public:
  using Handler =
      std::function<void(const httplib::Request&, httplib::Response&)>;

  HttpOrigin();
  // Stops; waits for the requests under way.
  ~HttpOrigin();
  HttpOrigin(const HttpOrigin&) = delete;
  HttpOrigin& operator=(const HttpOrigin&) = delete;

  // Port 0 takes any free one. The result is the port.
  absl::StatusOr<int> Bind(const std::string& host, int port);

  // Serves from threads of its own. Call once, after Bind.
  void Start(Handler handler, bool any_method = false);

 private:
  class Server;

  std::unique_ptr<Server> server_;
  std::thread thread_;
};

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_HTTP_ORIGIN_H_
