// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_REGISTRY_SESSION_H_
#define KSO_COMMON_OCI_REGISTRY_REGISTRY_SESSION_H_

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/transport.h"
#include "common/http/url.h"
#include "common/oci/registry/registry_auth.h"
#include "common/oci/registry/registry_options.h"
#include "common/oci/registry/upload_traits.h"
#include "common/run/clock.h"

namespace kso::oci {

// Requests to one registry, authenticated as it asks for. Any HTTP status is an
// answer; errors are in the codes of image_store.h and begin with `what`, which
// says what was tried. Thread safe.
class RegistrySession {
 public:
  // `base` is the registry's API, "https://registry-1.docker.io/v2/".
  RegistrySession(const RegistryOptions& options, http::Url base,
                  http::Transport* transport, Clock* clock,
                  const Credentials* credentials);

  // The requests end when a stop is requested by their own token, where they
  // have one, else by that of the registry's options.
  absl::StatusOr<http::Response> Perform(http::Request request,
                                         const AccessScope& scope,
                                         std::string_view what);
  // Performs a request that reads from `repository`: with the right to pull,
  // and where that is denied to a caller who pushes (RegistryOptions::pushes),
  // once more with the right to push.
  absl::StatusOr<http::Response> Read(const http::Request& request,
                                      const std::string& repository,
                                      std::string_view what);
  absl::StatusOr<http::Response> Download(
      http::Request request, const AccessScope& scope, std::string_view what,
      ByteSink& sink, const http::Transport::OnResponse& on_response);

  // The error that `response` is.
  absl::Status ErrorOf(const http::Response& response,
                       std::string_view what) const;

  // "https://host/v2/" + path, whose parts the caller has checked.
  std::string UrlOf(std::string_view path) const;
  const http::Url& base() const { return base_; }
  // The registry, "HOST[:PORT]" as it was opened.
  const std::string& host() const { return host_; }
  UploadTraits& upload_traits() { return *upload_traits_; }
  Clock* clock() const { return clock_; }
  // The secrets that were sent to the registry, and must be in no message.
  const Secrets& secrets() const { return auth_.secrets(); }

  struct Attempt {
    absl::Status status;
    // Another try makes sense although the status is not transient.
    bool again = false;
    // The attempt moved enough bytes further to start the count of tries anew.
    bool made_headway = false;
  };
  // Calls `attempt` until its status is not IsTransient (retry.h) and it does
  // not ask for another try, at most `tries` times in a row without headway,
  // with backoff, honouring a short Retry-After (a long one is returned).
  absl::Status RetryWhileTransient(int tries,
                                   const std::function<Attempt()>& attempt);

 private:
  using Send =
      std::function<absl::StatusOr<http::Response>(const http::Request&)>;

  absl::StatusOr<http::Response> Authorized(http::Request request,
                                            const AccessScope& scope,
                                            std::string_view what,
                                            const Send& send);

  const std::string host_;
  const bool pushes_;
  const http::Url base_;
  const std::stop_token stop_;
  http::Transport* const transport_;
  Clock* const clock_;
  // Not null.
  const std::shared_ptr<UploadTraits> upload_traits_;
  RegistryAuth auth_;
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_REGISTRY_SESSION_H_
