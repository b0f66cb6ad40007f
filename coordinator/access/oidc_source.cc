// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/oidc_source.h"

#include <string>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/files/small_file.h"
#include "spdlog/spdlog.h"

namespace kso::coordinator {
namespace {

constexpr size_t kLargestConfig = size_t{1} << 20;

// A redirect is no answer: what is elsewhere was not configured.
absl::StatusOr<std::string> FetchKeys(const std::string& url,
                                      http::Transport* transport) {
  http::Request request;
  request.url = url;
  request.max_redirects = 0;
  KSO_ASSIGN_OR_RETURN(const http::Response response,
                       transport->Perform(request, kLargestKeySet));
  if (response.status != 200) {
    return absl::UnavailableError(
        Concat("it answers with status ", response.status));
  }
  return response.body;
}

OidcKeyCache::Fetch FetchOf(const OidcIssuer& issuer,
                            const std::filesystem::path& directory,
                            http::Transport* transport) {
  if (!issuer.jwks_url.empty()) {
    return [url = issuer.jwks_url, transport] {
      return FetchKeys(url, transport);
    };
  }
  return [file = directory / issuer.jwks_file] {
    return ReadSmallFile(file, kLargestKeySet);
  };
}

}  // namespace

absl::StatusOr<std::unique_ptr<OidcSource>> OidcSource::Open(
    const std::filesystem::path& config_file, http::Transport* transport,
    const Clock* clock) {
  KSO_ASSIGN_OR_RETURN(const std::string content,
                       ReadSmallFile(config_file, kLargestConfig));
  auto config = ParseOidcConfig(content);
  if (!config.ok()) {
    return Prefixed(config.status(), Concat(config_file.string(), ": "));
  }
  std::unique_ptr<OidcSource> source(new OidcSource());
  source->fetcher_ = std::make_unique<Executor>(1);
  std::vector<OidcVerifier::Issuer> issuers;
  for (OidcIssuer& issuer : config->issuers) {
    const bool from_file = issuer.jwks_url.empty();
    source->caches_.push_back(std::make_unique<OidcKeyCache>(
        from_file ? issuer.jwks_file : issuer.jwks_url,
        FetchOf(issuer, config_file.parent_path(), transport),
        [executor =
             source->fetcher_.get()](absl::AnyInvocable<void()> function) {
          executor->Schedule(std::move(function));
        },
        clock));
    OidcKeyCache* const cache = source->caches_.back().get();
    const absl::Status fetched = cache->Refresh();
    if (!fetched.ok() && from_file) return fetched;
    if (!fetched.ok()) spdlog::warn("{}", ToStd(fetched.message()));
    issuers.push_back({std::move(issuer), cache});
  }
  source->verifier_ = std::make_unique<OidcVerifier>(std::move(issuers), clock);
  return source;
}

}  // namespace kso::coordinator
