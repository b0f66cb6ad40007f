// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_OIDC_SOURCE_H_
#define KSO_COORDINATOR_ACCESS_OIDC_SOURCE_H_

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/http/transport.h"
#include "common/run/clock.h"
#include "common/run/executor.h"
#include "coordinator/access/bearer_source.h"
#include "coordinator/access/oidc_key_cache.h"
#include "coordinator/access/oidc_verifier.h"

namespace kso::coordinator {

// The bearer tokens of pipelines, as --oidc-config allows them: a verifier, and
// the keys of its issuers, which a thread fetches. Thread safe.
class OidcSource : public BearerSource {
 public:
  // Reads the file, and fetches the keys. Issuers that cannot be reached now
  // are tried again when a token of theirs comes; a file of keys that cannot be
  // read is an error. A relative "jwksFile" is beside the config. `transport`
  // and `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<OidcSource>> Open(
      const std::filesystem::path& config_file, http::Transport* transport,
      const Clock* clock);

  bool configured() const override { return verifier_->configured(); }
  bool Recognizes(std::string_view bearer) const override {
    return verifier_->Recognizes(bearer);
  }
  absl::StatusOr<Principal> Identify(std::string_view bearer) const override {
    return verifier_->Identify(bearer);
  }

 private:
  OidcSource() = default;

  std::vector<std::unique_ptr<OidcKeyCache>> caches_;
  std::unique_ptr<OidcVerifier> verifier_;
  // Refreshes the caches. It is the first to be destroyed, and ends what runs.
  std::unique_ptr<Executor> fetcher_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_OIDC_SOURCE_H_
