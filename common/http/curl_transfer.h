// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_CURL_TRANSFER_H_
#define KSO_COMMON_HTTP_CURL_TRANSFER_H_

#include <curl/curl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/bytes/byte_stream.h"
#include "common/http/peer_check.h"
#include "common/http/progress_watch.h"
#include "common/http/transport.h"
#include "common/http/url.h"
#include "common/text/secrets.h"

namespace kso::http {

// One request and its answer over one libcurl handle; redirects are answers.
// Used once, on one thread. Everything given must outlive it.
class CurlTransfer {
 public:
  struct Plan {
    const Request* request = nullptr;
    const Url* url = nullptr;
    // After a redirect, these differ from the request.
    std::string method;
    bool with_body = true;
    bool with_credentials = true;
    // The host whose redirect, or other answer, named the URL.
    std::optional<AnsweringHost> named_by;
    // The proxy that is asked for the URL; empty for none.
    std::string proxy;
    // The body of a 2xx answer goes here; null means Response::body.
    ByteSink* sink = nullptr;
    const Transport::OnResponse* on_response = nullptr;
    size_t max_body = 0;
    size_t max_error_body = 0;
    const TransportOptions* options = nullptr;
    const std::function<bool(absl::string_view)>* is_private = nullptr;
  };

  CurlTransfer(CURL* handle, const Plan& plan) : curl_(handle), plan_(plan) {}
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  absl::StatusOr<Response> Run();
  // The address that answered; where a proxy did, the address that the URL
  // names, and nothing where it is a name. To be called after Run.
  std::optional<std::string> PeerAddress() const;

 private:
  // These are libcurl's callbacks; `self` is the transfer.
  static size_t OnHeader(char* data, size_t size, size_t count, void* self);
  static size_t OnBody(char* data, size_t size, size_t count, void* self);
  static size_t OnRead(char* data, size_t size, size_t count, void* self);
  static int OnSeek(void* self, curl_off_t offset, int origin);
  static int OnProgress(void* self, curl_off_t down_total, curl_off_t down,
                        curl_off_t up_total, curl_off_t up);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose,
                                    curl_sockaddr* address);
  static int OnConnected(void* self, char* peer, char* local, int peer_port,
                         int local_port);

  PeerCheck Check() const;
  absl::Status SetOptions();
  absl::Status AddHeader(const std::string& name, const std::string& value);
  absl::Status AddHeaders();
  void SetBodyOptions();
  int64_t BodySize() const;
  bool SendsBody() const;
  // Returns whether the other side has all of the request, of whose body `sent`
  // bytes are sent, and has not begun to answer.
  bool AwaitsAnswer(int64_t sent) const;
  absl::Status OpenBody(int64_t offset);
  absl::StatusOr<size_t> ReadBody(char* data, size_t size);
  absl::Status TakeHeader(absl::string_view line);
  absl::Status TakeBody(std::string_view bytes);
  bool Succeeded() const;
  absl::Status FailureOf(CURLcode code) const;

  CURL* const curl_;
  const Plan plan_;
  curl_slist* header_list_ = nullptr;
  char error_text_[CURL_ERROR_SIZE] = {};

  std::unique_ptr<ByteSource> body_;
  int64_t body_left_ = 0;
  // The connection is made, and the request goes out.
  bool asked_ = false;
  Response response_;
  // The proxy's login. A proxy may echo it, and curl quotes its URL.
  Secrets proxy_secrets_;
  size_t header_bytes_ = 0;
  bool headers_done_ = false;
  bool body_cut_ = false;
  std::optional<ProgressWatch> progress_;
  // The reason for which a callback ended the transfer.
  absl::Status abort_status_;
  // A host may have several addresses, of which some are refused.
  absl::Status refused_address_;
  bool opened_socket_ = false;
};

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_CURL_TRANSFER_H_
