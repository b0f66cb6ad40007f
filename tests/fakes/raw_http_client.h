// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_RAW_HTTP_CLIENT_H_
#define KSO_TESTS_FAKES_RAW_HTTP_CLIENT_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kso::testing {

// An answer of an HTTP server, as it came.
struct RawHttpAnswer {
  int status = 0;
  // By their names in small letters.
  std::map<std::string, std::string, std::less<>> headers;
  std::string body;

  std::string Header(std::string_view name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

// A TCP connection to an HTTP server on loopback, for requests that no
// well-meaning client makes. Whatever it waits for comes within 20 s, or the
// test fails. Not thread safe.
class RawHttpClient {
 public:
  // Connects to "127.0.0.1:PORT".
  explicit RawHttpClient(const std::string& address);
  ~RawHttpClient();
  RawHttpClient(const RawHttpClient&) = delete;
  RawHttpClient& operator=(const RawHttpClient&) = delete;

  bool connected() const { return socket_ >= 0; }
  // Sends bytes as they are. Returns false when the server has closed.
  bool Send(std::string_view bytes);
  // Reads one whole answer; nothing when the server closes before. A server
  // that is asked for a HEAD sends no body.
  std::optional<RawHttpAnswer> Read(bool head = false);
  // Reads until the bytes since the last read end in `end` or have it in them;
  // returns all of them.
  std::string ReadUntil(std::string_view end);
  // Waits until the server closes the connection.
  bool AwaitClose();
  // Makes the memory for what comes from the server small, so that it soon
  // finds that this client does not read.
  void ReadLittle();

 private:
  // Waits for more bytes; false at the end.
  bool Fill();

  int socket_ = -1;
  std::string buffer_;
};

// Makes one request on a connection of its own: "GET / HTTP/1.1\r\n...".
// `status` is 0 when there is no answer.
RawHttpAnswer FetchRaw(const std::string& address, std::string_view request);

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_RAW_HTTP_CLIENT_H_
