// SPDX-License-Identifier: Apache-2.0
#include "common/http/curl_transfer.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/http/address.h"
#include "common/http/byte_range.h"
#include "common/http/content_length.h"
#include "common/http/curl_errors.h"
#include "common/http/proxy.h"

namespace kso::http {
namespace {

constexpr size_t kMostHeaderBytes = 256 << 10;
constexpr long kBufferBytes = 512 << 10;
// Each handle keeps so many idle connections, since a registry redirects to a
// few other hosts.
constexpr long kIdleConnections = 8;

bool HasControlCharacter(const std::string& text) {
  return std::any_of(text.begin(), text.end(), absl::ascii_iscntrl);
}

// A time for durations only: no step of the machine's clock shows in it.
absl::Time SteadyNow() {
  return absl::UnixEpoch() +
         absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

// Returns whether a header that a caller did not mark as a credential is one
// anyway.
bool IsCredential(const std::string& name) {
  return absl::EqualsIgnoreCase(name, "authorization") ||
         absl::EqualsIgnoreCase(name, "cookie");
}

// The address as text; empty, which is no address, where it is none.
std::string TextOf(const sockaddr& address, unsigned length) {
  char text[NI_MAXHOST] = {};
  if (getnameinfo(&address, length, text, sizeof text, nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return "";
  }
  return text;
}

}  // namespace

CurlTransfer::~CurlTransfer() {
  // The handle outlives the transfer, and writes to its error buffer when it is
  // closed.
  curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, nullptr);
  curl_slist_free_all(header_list_);
}

absl::StatusOr<Response> CurlTransfer::Run() {
  KSO_RETURN_IF_ERROR(SetOptions());
  progress_.emplace(*plan_.options, SteadyNow());
  const CURLcode code = curl_easy_perform(curl_);
  const bool refused_early = code != CURLE_OK && headers_done_ &&
                             response_.status >= 400 && abort_status_.ok();
  // A server that refuses an upload may cut the connection once it has said so.
  if (code != CURLE_OK && !body_cut_ && !refused_early) return FailureOf(code);
  response_.effective_url = plan_.url->text();
  if (!Succeeded()) {
    response_.body = proxy_secrets_.RedactAllButNames(response_.body);
  }
  return std::move(response_);
}

std::optional<std::string> CurlTransfer::PeerAddress() const {
  if (!plan_.proxy.empty()) return AddressIn(plan_.url->host());
  char* address = nullptr;
  curl_easy_getinfo(curl_, CURLINFO_PRIMARY_IP, &address);
  return std::string(address == nullptr ? "" : address);
}

absl::Status CurlTransfer::SetOptions() {
  const TransportOptions& options = *plan_.options;
  // The reset keeps the handle's connections.
  curl_easy_reset(curl_);
  curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, error_text_);
  curl_easy_setopt(curl_, CURLOPT_URL, plan_.url->text().c_str());
  curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_HTTP_VERSION,
                   static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(curl_, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(
      curl_, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(options.connect_timeout)));
  if (!options.trusted_authorities.empty()) {
    curl_easy_setopt(curl_, CURLOPT_CAINFO,
                     options.trusted_authorities.c_str());
  }
  // libcurl does not look into the environment itself, so that what is judged
  // here is what it does.
  curl_easy_setopt(curl_, CURLOPT_PROXY, plan_.proxy.c_str());
  AddProxyLogin(plan_.proxy, proxy_secrets_);
  curl_easy_setopt(curl_, CURLOPT_NOPROXY, "");
  curl_easy_setopt(curl_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl_, CURLOPT_MAXCONNECTS, kIdleConnections);
  curl_easy_setopt(curl_, CURLOPT_BUFFERSIZE, kBufferBytes);
  curl_easy_setopt(curl_, CURLOPT_UPLOAD_BUFFERSIZE, kBufferBytes);
  curl_easy_setopt(curl_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, &CurlTransfer::OnHeader);
  curl_easy_setopt(curl_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &CurlTransfer::OnBody);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl_, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl_, CURLOPT_XFERINFOFUNCTION, &CurlTransfer::OnProgress);
  curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, this);
  curl_easy_setopt(curl_, CURLOPT_OPENSOCKETFUNCTION,
                   &CurlTransfer::OnOpenSocket);
  curl_easy_setopt(curl_, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(curl_, CURLOPT_PREREQFUNCTION, &CurlTransfer::OnConnected);
  curl_easy_setopt(curl_, CURLOPT_PREREQDATA, this);
  SetBodyOptions();
  return AddHeaders();
}

void CurlTransfer::SetBodyOptions() {
  if (plan_.method == "HEAD") {
    curl_easy_setopt(curl_, CURLOPT_NOBODY, 1L);
    return;
  }
  if (SendsBody()) {
    curl_easy_setopt(curl_, CURLOPT_UPLOAD, 1L);
    // libcurl takes -1 for an unknown size too.
    static_assert(Request::kUnknownSize == -1);
    curl_easy_setopt(curl_, CURLOPT_INFILESIZE_LARGE,
                     static_cast<curl_off_t>(BodySize()));
    curl_easy_setopt(curl_, CURLOPT_READFUNCTION, &CurlTransfer::OnRead);
    curl_easy_setopt(curl_, CURLOPT_READDATA, this);
    curl_easy_setopt(curl_, CURLOPT_SEEKFUNCTION, &CurlTransfer::OnSeek);
    curl_easy_setopt(curl_, CURLOPT_SEEKDATA, this);
  }
  curl_easy_setopt(curl_, CURLOPT_CUSTOMREQUEST, plan_.method.c_str());
}

absl::Status CurlTransfer::AddHeader(const std::string& name,
                                     const std::string& value) {
  if (name.empty() || HasControlCharacter(name) || HasControlCharacter(value)) {
    return absl::InvalidArgumentError(
        "a request header has a control character");
  }
  // libcurl wants a semicolon to send a header without a value.
  const std::string line =
      value.empty() ? Concat(name, ";") : Concat(name, ": ", value);
  header_list_ = curl_slist_append(header_list_, line.c_str());
  return absl::OkStatus();
}

absl::Status CurlTransfer::AddHeaders() {
  // "Expect: 100-continue" (RFC 9110, section 10.1.1) costs a round trip at
  // each upload.
  header_list_ = curl_slist_append(header_list_, "Expect:");
  for (const auto& [name, value] : plan_.request->headers) {
    if (!plan_.with_credentials && IsCredential(name)) continue;
    KSO_RETURN_IF_ERROR(AddHeader(name, value));
  }
  if (plan_.with_credentials) {
    for (const auto& [name, value] : plan_.request->credentials) {
      KSO_RETURN_IF_ERROR(AddHeader(name, value));
    }
  }
  if (const auto& range = plan_.request->transfer.range) {
    KSO_RETURN_IF_ERROR(AddHeader("Range", RangeHeader(*range)));
  }
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, header_list_);
  return absl::OkStatus();
}

bool CurlTransfer::SendsBody() const {
  return plan_.with_body && (plan_.method == "PUT" || plan_.method == "POST" ||
                             plan_.method == "PATCH");
}

bool CurlTransfer::AwaitsAnswer(int64_t sent) const {
  if (!asked_ || headers_done_) return false;
  if (!SendsBody()) return true;
  const int64_t size = BodySize();
  if (size != Request::kUnknownSize) return sent >= size;
  return body_ != nullptr && body_left_ == 0;
}

int64_t CurlTransfer::BodySize() const {
  const Request& request = *plan_.request;
  return request.body_source ? request.body_size
                             : static_cast<int64_t>(request.body.size());
}

absl::Status CurlTransfer::OpenBody(int64_t offset) {
  const Request& request = *plan_.request;
  body_left_ = BodySize() == Request::kUnknownSize
                   ? std::numeric_limits<int64_t>::max()
                   : BodySize() - offset;
  body_ = nullptr;
  if (!request.body_source) {
    body_ = SourceOfString(request.body, offset);
    return absl::OkStatus();
  }
  KSO_ASSIGN_OR_RETURN(body_, request.body_source(offset));
  return absl::OkStatus();
}

absl::Status CurlTransfer::TakeHeader(absl::string_view line) {
  if (headers_done_) return absl::OkStatus();  // Trailers.
  header_bytes_ += line.size();
  if (header_bytes_ > kMostHeaderBytes) {
    return Exhausted(
        Resource::kSizeBound,
        Concat(plan_.url->display(), " answers with too many headers"));
  }
  line = absl::StripTrailingAsciiWhitespace(line);
  if (absl::StartsWith(line, "HTTP/")) {
    response_.headers.clear();
    response_.status = 0;
    const size_t space = line.find(' ');
    if (space != absl::string_view::npos &&
        !absl::SimpleAtoi(line.substr(space + 1, 3), &response_.status)) {
      response_.status = 0;
    }
    return absl::OkStatus();
  }
  if (!line.empty()) {
    const size_t colon = line.find(':');
    if (colon == absl::string_view::npos) return absl::OkStatus();
    response_.headers.emplace_back(
        std::string(line.substr(0, colon)),
        proxy_secrets_.RedactAllButNames(
            ToStd(absl::StripAsciiWhitespace(line.substr(colon + 1)))));
    return absl::OkStatus();
  }
  // An empty line ends the headers, of an interim answer (1xx) or of the final
  // one.
  if (response_.status < 200) return absl::OkStatus();
  headers_done_ = true;
  response_.effective_url = plan_.url->text();
  // An error's body is cut anyway, and its status is what counts.
  if (Succeeded()) KSO_RETURN_IF_ERROR(CheckContentLength(response_));
  if (Succeeded() && plan_.on_response != nullptr && *plan_.on_response) {
    return (*plan_.on_response)(response_);
  }
  return absl::OkStatus();
}

absl::Status CurlTransfer::TakeBody(std::string_view bytes) {
  if (Succeeded() && plan_.sink != nullptr) return plan_.sink->Write(bytes);
  const size_t limit = Succeeded() ? plan_.max_body : plan_.max_error_body;
  const size_t room = limit - response_.body.size();
  response_.body.append(bytes.substr(0, room));
  if (bytes.size() <= room) return absl::OkStatus();
  if (!Succeeded()) {
    body_cut_ = true;
    return absl::CancelledError("enough of an error's body");
  }
  return Exhausted(Resource::kSizeBound,
                   Concat(plan_.url->display(), " answers with more than ",
                          limit, " bytes"));
}

bool CurlTransfer::Succeeded() const {
  return response_.status >= 200 && response_.status < 300;
}

size_t CurlTransfer::OnHeader(char* data, size_t size, size_t count,
                              void* self) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  transfer->abort_status_ =
      transfer->TakeHeader(absl::string_view(data, size * count));
  return transfer->abort_status_.ok() ? size * count : 0;
}

size_t CurlTransfer::OnBody(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  // The other side is not to blame for the time that the sink takes.
  const absl::Time begun = SteadyNow();
  transfer->abort_status_ =
      transfer->TakeBody(std::string_view(data, size * count));
  const absl::Time done = SteadyNow();
  transfer->progress_->Excuse(done - begun, done);
  return transfer->abort_status_.ok() ? size * count : CURL_WRITEFUNC_ERROR;
}

absl::StatusOr<size_t> CurlTransfer::ReadBody(char* data, size_t size) {
  if (body_ == nullptr) KSO_RETURN_IF_ERROR(OpenBody(0));
  if (body_left_ == 0) return 0;
  KSO_ASSIGN_OR_RETURN(const size_t count,
                       body_->Read(data, std::min<int64_t>(size, body_left_)));
  if (count == 0) {
    if (BodySize() == Request::kUnknownSize) {
      body_left_ = 0;
      return 0;
    }
    // Without an error here, the other side would wait for the rest for ever.
    return absl::DataLossError(Concat("what is sent to ", plan_.url->display(),
                                      " is ", body_left_, " bytes short"));
  }
  body_left_ -= static_cast<int64_t>(count);
  return count;
}

size_t CurlTransfer::OnRead(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  const absl::Time begun = SteadyNow();
  const absl::StatusOr<size_t> read = transfer->ReadBody(data, size * count);
  const absl::Time done = SteadyNow();
  transfer->progress_->Excuse(done - begun, done);
  if (read.ok()) return *read;
  transfer->abort_status_ = read.status();
  return CURL_READFUNC_ABORT;
}

int CurlTransfer::OnSeek(void* self, curl_off_t offset, int origin) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  transfer->abort_status_ = transfer->OpenBody(offset);
  return transfer->abort_status_.ok() ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

int CurlTransfer::OnProgress(void* self, curl_off_t, curl_off_t down,
                             curl_off_t, curl_off_t up) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  const Plan& plan = transfer->plan_;
  if (plan.request->transfer.stop.stop_requested()) {
    transfer->abort_status_ =
        absl::CancelledError(Concat(plan.url->display(), ": cancelled"));
    return 1;
  }
  std::optional<absl::Duration> answer_within;
  if (transfer->AwaitsAnswer(up)) {
    answer_within = plan.request->transfer.answer_timeout.value_or(
        plan.options->answer_timeout);
  }
  const std::string trouble =
      transfer->progress_->Look(down + up, SteadyNow(), answer_within);
  if (trouble.empty()) return 0;
  transfer->abort_status_ = absl::DeadlineExceededError(
      Concat(plan.url->display(), ": ", trouble,
             "; check the network and the other side"));
  return 1;
}

PeerCheck CurlTransfer::Check() const {
  return {.url = plan_.url,
          .named_by = plan_.named_by,
          .rule = &plan_.options->addresses,
          .is_private = plan_.is_private};
}

// Nothing is sent to an address that is refused, not even a SYN. The proxy's
// address is the operator's choice.
curl_socket_t CurlTransfer::OnOpenSocket(void* self, curlsocktype,
                                         curl_sockaddr* address) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  if (transfer->plan_.proxy.empty()) {
    const absl::Status judged =
        transfer->Check().Judge(TextOf(address->addr, address->addrlen));
    if (!judged.ok()) {
      transfer->refused_address_ = judged;
      return CURL_SOCKET_BAD;
    }
  }
  transfer->opened_socket_ = true;
  return socket(address->family, address->socktype | SOCK_CLOEXEC,
                address->protocol);
}

// An idle connection of another request is judged here.
int CurlTransfer::OnConnected(void* self, char* peer, char*, int, int) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  transfer->asked_ = true;
  if (!transfer->plan_.proxy.empty()) return CURL_PREREQFUNC_OK;
  transfer->abort_status_ = transfer->Check().Judge(peer);
  return transfer->abort_status_.ok() ? CURL_PREREQFUNC_OK
                                      : CURL_PREREQFUNC_ABORT;
}

absl::Status CurlTransfer::FailureOf(CURLcode code) const {
  if (!abort_status_.ok()) return abort_status_;
  if (!refused_address_.ok() && !opened_socket_) return refused_address_;
  return proxy_secrets_.Redact(StatusOfCurl(
      code, *plan_.url,
      error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(code)));
}

}  // namespace kso::http
