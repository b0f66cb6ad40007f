// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/http_origin.h"

#include <sys/socket.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace kso::upstream {
namespace {

// Each open connection keeps a thread, mostly asleep.
constexpr size_t kThreads = 96;
constexpr int kBacklog = 512;

}  // namespace

class HttpOrigin::Server : public httplib::Server {
 public:
  // The library's backlog is 5: with more workers than that, connections would
  // wait for a second and look like a slow upstream.
  void WidenBacklog() { ::listen(svr_sock_, kBacklog); }
};

HttpOrigin::HttpOrigin() : server_(std::make_unique<Server>()) {
  server_->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server_->set_tcp_nodelay(true);
  server_->set_keep_alive_max_count(1000000);
  server_->set_keep_alive_timeout(5);
  // A client that is being debugged or throttled must not lose its transfer.
  server_->set_write_timeout(120);
  // The library's own options let a second server share the port unnoticed.
  server_->set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
}

HttpOrigin::~HttpOrigin() {
  if (!thread_.joinable()) return;
  server_->stop();
  thread_.join();
}

absl::StatusOr<int> HttpOrigin::Bind(const std::string& host, int port) {
  int bound = port;
  if (port == 0) {
    bound = server_->bind_to_any_port(host);
  } else if (!server_->bind_to_port(host, port)) {
    bound = -1;
  }
  if (bound < 0) {
    return absl::UnavailableError(absl::StrCat(
        "cannot listen on ", host, ":", port,
        "; is the address one of this machine's and the port free?"));
  }
  server_->WidenBacklog();
  return bound;
}

void HttpOrigin::Start(Handler handler, bool any_method) {
  server_->Get(".*", handler);
  Handler refuse = [](const httplib::Request&, httplib::Response& response) {
    response.status = 405;
    response.set_content(
        R"({"errors":[{"code":"UNSUPPORTED","message":"read-only"}]})",
        "application/json");
  };
  const Handler other = any_method ? std::move(handler) : std::move(refuse);
  server_->Post(".*", other);
  server_->Put(".*", other);
  server_->Patch(".*", other);
  server_->Delete(".*", other);
  thread_ = std::thread([this] { server_->listen_after_bind(); });
  // A stop that comes before the loop has started would be lost.
  while (!server_->is_running()) std::this_thread::yield();
}

}  // namespace kso::upstream
