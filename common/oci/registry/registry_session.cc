// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/registry_session.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/oci/login/access.h"
#include "common/oci/registry/registry_error.h"
#include "common/run/cancellation.h"
#include "common/run/retry.h"

namespace kso::oci {
namespace {

constexpr BackoffOptions kBackoff = {.first = absl::Milliseconds(500),
                                     .longest = absl::Seconds(10)};
constexpr int kUnauthorized = 401;
constexpr int kMostRenewals = 4;
constexpr absl::Duration kTokenMayEnd = absl::Milliseconds(500);

}  // namespace

RegistrySession::RegistrySession(const RegistryOptions& options, http::Url base,
                                 http::Transport* transport, Clock* clock,
                                 const Credentials* credentials)
    : host_(options.host),
      pushes_(options.pushes),
      base_(base),
      stop_(options.stop),
      transport_(transport),
      clock_(clock),
      upload_traits_(options.shared.upload_traits
                         ? options.shared.upload_traits
                         : std::make_shared<UploadTraits>()),
      auth_({std::move(base), options.shared.realms,
             options.shared.cache ? options.shared.cache
                                  : std::make_shared<TokenCache>(clock),
             options.stop, options.shared.logins},
            transport, clock, credentials) {}

absl::StatusOr<http::Response> RegistrySession::Perform(
    http::Request request, const AccessScope& scope, std::string_view what) {
  return Authorized(std::move(request), scope, what,
                    [this](const http::Request& authorized) {
                      return transport_->Perform(authorized);
                    });
}

absl::StatusOr<http::Response> RegistrySession::Read(
    const http::Request& request, const std::string& repository,
    std::string_view what) {
  absl::StatusOr<http::Response> response =
      Perform(request, {repository, /*push=*/false}, what);
  const bool denied = response.ok() ? IsDenialStatus(response->status)
                                    : IsDenial(response.status());
  if (!denied || !pushes_ || !auth_.UsesTokens()) return response;
  return Perform(request, {repository, /*push=*/true}, what);
}

absl::StatusOr<http::Response> RegistrySession::Download(
    http::Request request, const AccessScope& scope, std::string_view what,
    ByteSink& sink, const http::Transport::OnResponse& on_response) {
  return Authorized(
      std::move(request), scope, what, [&](const http::Request& authorized) {
        return transport_->Download(authorized, sink, on_response);
      });
}

absl::StatusOr<http::Response> RegistrySession::Authorized(
    http::Request request, const AccessScope& scope, std::string_view what,
    const Send& send) {
  if (!request.transfer.stop.stop_possible()) request.transfer.stop = stop_;
  KSO_ASSIGN_OR_RETURN(const http::Url url, http::Url::Parse(request.url));
  // A registry may have named an upload's place on another host, which must not
  // see credentials.
  const bool own_origin = url.origin() == base_.origin();
  for (int renewals = 0;; ++renewals) {
    const absl::Time begun = clock_->Now();
    std::string authorization;
    if (own_origin) {
      KSO_ASSIGN_OR_RETURN(authorization, auth_.Authorization(scope));
    }
    request.credentials.clear();
    if (!authorization.empty()) {
      request.credentials = {{"Authorization", authorization}};
    }
    absl::StatusOr<http::Response> response = send(request);
    if (!response.ok()) return TransportError(response.status(), what);
    if (response->status != kUnauthorized || !own_origin) return response;
    // A request that waited for its turn may have come with a token that was
    // over by then, and is not to blame.
    const bool waited = clock_->Now() - begun >= kTokenMayEnd;
    if (renewals >= (waited ? kMostRenewals : 1)) return response;
    KSO_ASSIGN_OR_RETURN(const bool again,
                         auth_.Learn(*response, scope, authorization));
    if (!again) return response;
  }
}

absl::Status RegistrySession::ErrorOf(const http::Response& response,
                                      std::string_view what) const {
  return WithTrouble(
      RegistryError(response, what, host_, clock_->Now(), auth_.secrets()),
      auth_.trouble());
}

std::string RegistrySession::UrlOf(std::string_view path) const {
  return Concat(base_.text(), path);
}

absl::Status RegistrySession::RetryWhileTransient(
    int tries, const std::function<Attempt()>& attempt) {
  Backoff backoff(kBackoff);
  for (int tried = 1;; ++tried) {
    auto [status, again, headway] = attempt();
    if (headway) tried = 1;
    const absl::Duration asked = RetryDelay(status);
    if (status.ok() || !(again || IsTransient(status)) || tried >= tries ||
        asked > kLongestRetryAfterInCall) {
      return status;
    }
    if (!SleepFor(clock_, std::max(backoff.Next(), asked), stop_)) {
      return absl::CancelledError("cancelled between two tries");
    }
  }
}

}  // namespace kso::oci
