// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/http_server.h"

namespace kso::testing {

HttpServer::HttpServer(const std::string& address)
    : address_(address), port_(server_.bind_to_any_port(address.c_str())) {}

HttpServer::~HttpServer() {
  server_.stop();
  if (thread_.joinable()) thread_.join();
}

void HttpServer::Start() {
  thread_ = std::thread([this] { server_.listen_after_bind(); });
  // Connections are accepted since the constructor, but a server that does not
  // run yet would not hear that it should stop.
  while (!server_.is_running()) std::this_thread::yield();
}

std::string HttpServer::host() const {
  return address_ + ":" + std::to_string(port_);
}

std::string HttpServer::Url(const std::string& path) const {
  return "http://" + host() + path;
}

}  // namespace kso::testing
