// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/raw_http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace kso::testing {
namespace {

constexpr int kPatienceMs = 20'000;

RawHttpAnswer ParseHead(const std::string& head) {
  RawHttpAnswer answer;
  const std::vector<std::string> lines = absl::StrSplit(head, "\r\n");
  const std::vector<std::string> first = absl::StrSplit(lines.front(), ' ');
  if (first.size() < 2 || !absl::SimpleAtoi(first[1], &answer.status)) {
    ADD_FAILURE() << "no status line: " << lines.front();
  }
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::pair<std::string, std::string> header =
        absl::StrSplit(lines[i], absl::MaxSplits(": ", 1));
    answer.headers[absl::AsciiStrToLower(header.first)] = header.second;
  }
  return answer;
}

}  // namespace

RawHttpClient::RawHttpClient(const std::string& address) {
  const std::pair<std::string, std::string> where =
      absl::StrSplit(address, absl::MaxSplits(':', 1));
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::atoi(where.second.c_str())));
  inet_pton(AF_INET, where.first.c_str(), &to.sin_addr);
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0) {
    close(socket_);
    socket_ = -1;
  }
}

RawHttpClient::~RawHttpClient() {
  if (socket_ >= 0) close(socket_);
}

bool RawHttpClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent =
        send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool RawHttpClient::Fill() {
  pollfd waiting = {.fd = socket_, .events = POLLIN, .revents = 0};
  if (poll(&waiting, 1, kPatienceMs) != 1) {
    ADD_FAILURE() << "nothing comes from the server";
    return false;
  }
  char bytes[4096];
  const ssize_t count = recv(socket_, bytes, sizeof(bytes), 0);
  if (count <= 0) return false;
  buffer_.append(bytes, static_cast<size_t>(count));
  return true;
}

std::optional<RawHttpAnswer> RawHttpClient::Read(bool head) {
  size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return std::nullopt;
  }
  RawHttpAnswer answer = ParseHead(buffer_.substr(0, end));
  buffer_.erase(0, end + 4);
  if (answer.status == 100) return answer;
  size_t size = 0;
  if (head || !absl::SimpleAtoi(answer.Header("content-length"), &size)) {
    return answer;
  }
  while (buffer_.size() < size) {
    if (!Fill()) return std::nullopt;
  }
  answer.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return answer;
}

std::string RawHttpClient::ReadUntil(std::string_view end) {
  size_t found = 0;
  while ((found = buffer_.find(end)) == std::string::npos) {
    if (!Fill()) return std::exchange(buffer_, {});
  }
  std::string read = buffer_.substr(0, found + end.size());
  buffer_.erase(0, read.size());
  return read;
}

bool RawHttpClient::AwaitClose() {
  while (Fill()) buffer_.clear();
  return !::testing::Test::HasFailure();
}

void RawHttpClient::ReadLittle() {
  const int bytes = 4096;
  setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

RawHttpAnswer FetchRaw(const std::string& address, std::string_view request) {
  RawHttpClient client(address);
  if (!client.connected() || !client.Send(request)) return {};
  return client.Read(request.starts_with("HEAD ")).value_or(RawHttpAnswer());
}

}  // namespace kso::testing
