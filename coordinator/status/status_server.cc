// SPDX-License-Identifier: Apache-2.0
#include "coordinator/status/status_server.h"

#include <httplib.h>

#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/base/status_macros.h"
#include "common/run/threads.h"
#include "coordinator/status/page.h"
#include "coordinator/status/status_json.h"

namespace kso::coordinator {
namespace {

class HttpStatusServer : public StatusServer {
 public:
  explicit HttpStatusServer(Engine* engine) : engine_(*engine) {
    // Called once, when the server begins to run and so can be stopped.
    server_.new_task_queue = [this] {
      running_.Notify();
      return new httplib::ThreadPool(4);
    };
    server_.set_payload_max_length(4096);
    server_.set_default_headers({
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Content-Security-Policy", std::string(kPagePolicy)},
    });
    Serve("/", kPageHtml, "text/html; charset=utf-8");
    Serve("/page.css", kPageCss, "text/css; charset=utf-8");
    Serve("/page.js", kPageScript, "text/javascript; charset=utf-8");
    server_.Get("/api/status.json",
                [this](const httplib::Request&, httplib::Response& response) {
                  Answer(response, StatusJson(engine_), "application/json");
                });
    server_.Get("/healthz",
                [this](const httplib::Request&, httplib::Response& response) {
                  absl::StatusOr<std::string> answer = StatusJson(engine_);
                  if (answer.ok()) answer = "ok\n";
                  Answer(response, answer, "text/plain");
                });
  }

  ~HttpStatusServer() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Listen(const std::string& host, int port) {
    const int bound = port == 0 ? server_.bind_to_any_port(host.c_str())
                      : server_.bind_to_port(host.c_str(), port) ? port
                                                                 : -1;
    address_ = absl::StrCat(host, ":", bound);
    if (bound < 0) {
      return absl::UnavailableError(
          absl::StrCat("cannot listen on ", host, ":", port,
                       "; is the port in use, or the host not this one?"));
    }
    KSO_ASSIGN_OR_RETURN(thread_,
                         StartThread([this] { server_.listen_after_bind(); }));
    running_.WaitForNotification();
    return absl::OkStatus();
  }

  std::string address() const override { return address_; }

 private:
  void Serve(const char* path, std::string_view content, const char* type) {
    server_.Get(path, [content, type](const httplib::Request&,
                                      httplib::Response& response) {
      response.set_content(content.data(), content.size(), type);
    });
  }

  static void Answer(httplib::Response& response,
                     const absl::StatusOr<std::string>& answer,
                     const char* type) {
    response.status = answer.ok() ? 200 : 503;
    response.set_content(
        answer.ok() ? *answer : std::string(answer.status().message()) + "\n",
        answer.ok() ? type : "text/plain");
  }

  Engine& engine_;
  absl::Notification running_;
  httplib::Server server_;
  std::string address_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<StatusServer>> StartStatusServer(
    const std::string& address, Engine* engine) {
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 ||
      port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", address, "\" is not HOST:PORT"));
  }
  auto server = std::make_unique<HttpStatusServer>(engine);
  const absl::Status status = server->Listen(address.substr(0, colon), port);
  if (!status.ok()) return status;
  return server;
}

}  // namespace kso::coordinator
