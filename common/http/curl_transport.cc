// SPDX-License-Identifier: Apache-2.0
#include "common/http/curl_transport.h"

#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/http/address.h"
#include "common/http/curl_handle_pool.h"
#include "common/http/curl_transfer.h"
#include "common/http/host_addresses.h"
#include "common/http/peer_check.h"
#include "common/http/proxy.h"
#include "common/http/redirect.h"
#include "common/http/url.h"
#include "common/run/retry.h"

namespace kso::http {
namespace {

constexpr size_t kMostErrorBody = 64 << 10;

TransportOptions WithEnvironment(TransportOptions options) {
  const char* authorities = std::getenv("SSL_CERT_FILE");
  if (options.trusted_authorities.empty() && authorities != nullptr) {
    options.trusted_authorities = authorities;
  }
  return options;
}

// An error of a host that only a redirect names says which URL led there.
absl::Status Redirected(const Request& request, const absl::Status& status) {
  if (!IsUnreachable(status)) return status;
  return Prefixed(status, Concat(DisplayUrl(request.url), " redirects to "));
}

class CurlTransport : public Transport {
 public:
  CurlTransport(const TransportOptions& options, AddressKnowledge addresses)
      : options_(WithEnvironment(options)),
        is_private_(std::move(addresses.is_private)),
        names_(std::move(addresses.resolve)) {}

  absl::StatusOr<Response> Perform(const Request& request,
                                   size_t max_body) override {
    CurlTransfer::Plan plan;
    plan.max_body = max_body;
    plan.max_error_body = max_body;
    return Follow(request, plan);
  }

  absl::StatusOr<Response> Download(const Request& request, ByteSink& sink,
                                    OnResponse on_response) override {
    CurlTransfer::Plan plan;
    plan.sink = &sink;
    plan.on_response = &on_response;
    plan.max_error_body = kMostErrorBody;
    return Follow(request, plan);
  }

 private:
  // Returns whether redirects to private addresses are allowed for the host at
  // `url`, or for the one that was asked first.
  bool MayLeadInside(const Request& request, const Url& url) const {
    const std::set<std::string>& allowed = options_.private_redirects;
    const absl::StatusOr<Url> first = Url::Parse(request.url);
    return allowed.contains(url.host()) ||
           (first.ok() && allowed.contains(first->host()));
  }

  struct Answer {
    Response response;
    std::optional<std::string> peer_address;
  };

  static absl::StatusOr<Answer> Exchange(CURL* handle,
                                         const CurlTransfer::Plan& plan) {
    CurlTransfer transfer(handle, plan);
    Answer answer;
    KSO_ASSIGN_OR_RETURN(answer.response, transfer.Run());
    answer.peer_address = transfer.PeerAddress();
    return answer;
  }

  // Behind a proxy no connection shows what `plan.url` leads to. What this
  // machine knows of the host is judged; the proxy decides on the rest.
  absl::Status JudgeBehindProxy(const CurlTransfer::Plan& plan) {
    if (options_.addresses.allows_all() && !plan.named_by) {
      return absl::OkStatus();
    }
    const PeerCheck check = {.url = plan.url,
                             .named_by = plan.named_by,
                             .rule = &options_.addresses,
                             .is_private = &is_private_};
    for (const std::string& ip : names_.Of(plan.url->host())) {
      KSO_RETURN_IF_ERROR(check.Judge(ip));
    }
    return absl::OkStatus();
  }

  AnsweringHost WhoAnswered(const Request& request, const Url& url,
                            const Answer& answer) const {
    const bool is_inside =
        answer.peer_address && is_private_(*answer.peer_address);
    return {.host = url.host(),
            .is_public = !is_inside,
            .may_lead_inside = MayLeadInside(request, url)};
  }

  // Makes the request and those that its redirects ask for. A handle whose
  // transfer failed is not used again, whatever its connection is good for.
  absl::StatusOr<Response> Follow(const Request& request,
                                  CurlTransfer::Plan plan) {
    KSO_ASSIGN_OR_RETURN(Url url, Url::Parse(request.url));
    const std::string origin = url.origin();
    CurlHandlePool::Handle handle = pool_.Take(origin);
    if (handle == nullptr) {
      return Exhausted(Resource::kMemory, "out of memory");
    }
    KSO_ASSIGN_OR_RETURN(
        Response response,
        FollowWith(handle.get(), request, std::move(url), std::move(plan)));
    pool_.GiveBack(std::move(handle), origin);
    return response;
  }

  // The same handle follows all redirects, and so has connections to both ends
  // of one when the same URL is asked for again.
  absl::StatusOr<Response> FollowWith(CURL* handle, const Request& request,
                                      Url url, CurlTransfer::Plan plan) {
    const std::string origin = url.origin();
    plan.request = &request;
    plan.options = &options_;
    plan.is_private = &is_private_;
    plan.named_by = request.named_by;
    plan.method = request.method;
    for (int redirects = 0;; ++redirects) {
      plan.url = &url;
      plan.with_credentials = url.origin() == origin;
      if (request.transfer.stop.stop_requested()) {
        return absl::CancelledError(Concat(url.display(), ": cancelled"));
      }
      plan.proxy = options_.use_proxy ? ProxyFor(url, environment_) : "";
      if (!plan.proxy.empty()) KSO_RETURN_IF_ERROR(JudgeBehindProxy(plan));
      absl::StatusOr<Answer> exchanged = Exchange(handle, plan);
      if (!exchanged.ok()) {
        return redirects == 0 ? exchanged.status()
                              : Redirected(request, exchanged.status());
      }
      Answer answer = *std::move(exchanged);
      answer.response.answered_by = WhoAnswered(request, url, answer);
      const std::optional<std::string> location =
          answer.response.Header("Location");
      if (!IsRedirect(answer.response.status) || !location ||
          request.max_redirects == 0) {
        return std::move(answer.response);
      }
      if (redirects >= request.max_redirects) {
        return absl::FailedPreconditionError(
            Concat(DisplayUrl(request.url), " redirects more than ",
                   request.max_redirects, " times: check the URL"));
      }
      KSO_ASSIGN_OR_RETURN(Url next, RedirectTarget(url, *location));
      if (BecomesGet(answer.response.status, plan.method)) {
        plan.method = "GET";
        plan.with_body = false;
      }
      plan.named_by = answer.response.answered_by;
      url = std::move(next);
    }
  }

  const TransportOptions options_;
  const std::function<bool(absl::string_view)> is_private_;
  const Environment environment_ = ProcessEnvironment();
  HostAddresses names_;
  CurlHandlePool pool_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Transport>> CreateCurlTransport(
    const TransportOptions& options) {
  return CreateCurlTransport(options, {.is_private = [](absl::string_view ip) {
                               return IsPrivateAddress(ToStd(ip));
                             }});
}

absl::StatusOr<std::unique_ptr<Transport>> CreateCurlTransport(
    const TransportOptions& options, AddressKnowledge addresses) {
  KSO_RETURN_IF_ERROR(InitializeCurl());
  return std::make_unique<CurlTransport>(options, std::move(addresses));
}

}  // namespace kso::http
