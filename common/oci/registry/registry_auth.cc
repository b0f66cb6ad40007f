// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/registry_auth.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/oci/login/auth_challenge.h"
#include "common/oci/registry/registry_error.h"
#include "common/text/json.h"
#include "common/text/percent_coding.h"

namespace kso::oci {
namespace {

constexpr size_t kLargestTokenAnswer = 1 << 20;
// A token lasts this long when the answer does not say (token.md's default).
constexpr absl::Duration kDefaultLifetime = absl::Seconds(60);
constexpr absl::Duration kRenewBefore = absl::Seconds(10);

std::string BasicHeader(const Login& login) {
  return Concat("Basic ", absl::Base64Escape(
                              Concat(login.username, ":", login.password)));
}

// Returns whether a token is one that a header can hold (RFC 6750,
// section 2.1). Others would end the header, or mean something else in it.
bool IsTokenText(std::string_view token) {
  return !token.empty() && std::all_of(token.begin(), token.end(), [](char c) {
    return absl::ascii_isgraph(c);
  });
}

absl::Duration LifetimeOf(const Json& answer) {
  const auto found = answer.find("expires_in");
  if (found == answer.end() || !found->is_number_integer()) {
    return kDefaultLifetime;
  }
  return absl::Seconds(std::max<int64_t>(found->get<int64_t>(), 0));
}

}  // namespace

std::string AccessScope::ToString() const {
  return Concat("repository:", repository, push ? ":pull,push" : ":pull",
                removes ? ",delete" : "",
                mount_from.empty() ? "" : " repository:", mount_from,
                mount_from.empty() ? "" : ":pull");
}

RegistryAuth::RegistryAuth(Options options, http::Transport* transport,
                           Clock* clock, const Credentials* credentials)
    : options_(std::move(options)),
      transport_(transport),
      clock_(clock),
      credentials_(credentials) {}

absl::StatusOr<std::string> RegistryAuth::Authorization(
    const AccessScope& scope) {
  const TokenCache::Demand demand =
      options_.cache->DemandOf(options_.registry.origin());
  if (!demand.tokens) {
    if (!demand.basic) return std::string();
    return BasicAuthorization(scope);
  }
  absl::StatusOr<std::string> header = options_.cache->Get(
      options_.registry.origin(), scope.ToString(),
      [&] { return FetchToken(*demand.tokens, scope); }, options_.stop);
  if (header.ok()) secrets_.AddHeader(*header);
  return header;
}

bool RegistryAuth::UsesTokens() const {
  return options_.cache->DemandOf(options_.registry.origin())
      .tokens.has_value();
}

absl::StatusOr<bool> RegistryAuth::Learn(const http::Response& response,
                                         const AccessScope& scope,
                                         const std::string& refused) {
  KSO_ASSIGN_OR_RETURN(TokenCache::Demand demand, DemandOf(response));
  if (!demand.tokens && !demand.basic) return false;
  const std::string& registry = options_.registry.origin();
  const bool wants_token = demand.tokens.has_value();
  options_.cache->SetDemand(registry, std::move(demand));
  if (wants_token) {
    options_.cache->Drop(registry, scope.ToString(), refused);
    return true;
  }
  const std::string header = BasicAuthorization(scope);
  return !header.empty() && header != refused;
}

absl::StatusOr<TokenCache::Demand> RegistryAuth::DemandOf(
    const http::Response& response) const {
  TokenCache::Demand demand;
  for (const auto& [name, value] : response.headers) {
    if (!absl::EqualsIgnoreCase(name, "WWW-Authenticate")) continue;
    for (const AuthChallenge& challenge : ParseAuthChallenges(value)) {
      demand.basic = demand.basic || challenge.scheme == "basic";
      const auto realm = challenge.parameters.find("realm");
      if (challenge.scheme != "bearer" || realm == challenge.parameters.end()) {
        continue;
      }
      absl::StatusOr<http::Url> url = http::Url::Parse(realm->second);
      if (!url.ok()) {
        return Prefixed(url.status(),
                        Concat(options_.registry.host(),
                               " wants tokens to be fetched from where none "
                               "can be: "));
      }
      KSO_RETURN_IF_ERROR(
          CheckTokenRealm(options_.registry, *url, options_.realms));
      const auto service = challenge.parameters.find("service");
      demand.tokens = TokenService{
          *std::move(url),
          service == challenge.parameters.end() ? "" : service->second};
      return demand;
    }
  }
  return demand;
}

std::optional<Login> RegistryAuth::LoginFor(const AccessScope& scope) const {
  absl::StatusOr<std::optional<Login>> login =
      credentials_->Find(options_.registry.host(), scope.repository);
  absl::Status trouble = login.status();
  if (login.ok() && login->has_value()) {
    trouble = options_.logins.Check(options_.registry, scope.repository);
  }
  if (!trouble.ok()) {
    absl::MutexLock lock(&mutex_);
    trouble_ = ToStd(trouble.message());
    return std::nullopt;
  }
  if (login->has_value()) {
    secrets_.AddLogin((*login)->username, (*login)->password,
                      (*login)->identity_token);
    secrets_.AddHeader(BasicHeader(**login));
  }
  return *std::move(login);
}

std::string RegistryAuth::trouble() const {
  absl::MutexLock lock(&mutex_);
  return trouble_;
}

std::string RegistryAuth::BasicAuthorization(const AccessScope& scope) const {
  const std::optional<Login> login = LoginFor(scope);
  return login && !login->username.empty() ? BasicHeader(*login) : "";
}

http::Request RegistryAuth::TokenRequest(const TokenService& service,
                                         const AccessScope& scope) const {
  const std::optional<Login> login = LoginFor(scope);
  std::string service_query;
  if (!service.service.empty()) {
    service_query = Concat("&service=", PercentEncode(service.service));
  }
  http::Request request;
  request.transfer.stop = options_.stop;
  const std::string& realm = service.realm.text();
  if (login && !login->identity_token.empty()) {
    request.method = "POST";
    request.url = realm;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body =
        Concat("scope=", PercentEncode(scope.ToString()), service_query,
               "&grant_type=refresh_token&client_id=kso&refresh_token=",
               PercentEncode(login->identity_token));
    // The body is a credential, and a redirect would hand it to another host.
    request.max_redirects = 0;
    return request;
  }
  const bool has_query = realm.find('?') != std::string::npos;
  // token.md has one parameter for each scope, oauth.md one for all.
  std::vector<std::string> scopes;
  for (absl::string_view one : absl::StrSplit(scope.ToString(), ' ')) {
    scopes.push_back(Concat("scope=", PercentEncode(ToStd(one))));
  }
  request.url = Concat(realm, has_query ? "&" : "?", absl::StrJoin(scopes, "&"),
                       service_query);
  if (login) request.credentials = {{"Authorization", BasicHeader(*login)}};
  return request;
}

absl::StatusOr<TokenCache::Token> RegistryAuth::FetchToken(
    const TokenService& service, const AccessScope& scope) const {
  const std::string what = Concat("getting a token for ", scope.ToString());
  const absl::Time asked_at = clock_->Now();
  const http::Request request = TokenRequest(service, scope);
  const absl::StatusOr<http::Response> response =
      transport_->Perform(request, kLargestTokenAnswer);
  if (!response.ok()) return TransportError(response.status(), what);
  if (response->status != 200) {
    return WithTrouble(RegistryError(*response, what, options_.registry.host(),
                                     clock_->Now(), secrets_),
                       trouble());
  }
  const absl::StatusOr<Json> parsed = ParseJson(response->body);
  const Json answer = parsed.ok() ? *parsed : Json();
  std::string token = StringOf(answer, "token");
  if (token.empty()) token = StringOf(answer, "access_token");
  if (token.empty()) {
    return absl::UnauthenticatedError(Concat(
        what, ": the answer of ", service.realm.display(), " holds no token"));
  }
  if (!IsTokenText(token)) {
    return absl::UnauthenticatedError(
        Concat(what, ": the token that ", service.realm.display(),
               " gives has characters that no token has"));
  }
  return TokenCache::Token{Concat("Bearer ", token),
                           asked_at + LifetimeOf(answer) - kRenewBefore};
}

}  // namespace kso::oci
