// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/farm_authenticator.h"

#include <algorithm>
#include <utility>

#include "common/base/status_macros.h"

namespace kso::coordinator {
namespace {

constexpr char kNoToken[] =
    "the token is none of this farm's; show one that `ksoctl tokens create` "
    "printed";

class FarmAuthenticator : public Authenticator {
 public:
  explicit FarmAuthenticator(IdentitySources sources)
      : sources_(std::move(sources)) {}

  absl::StatusOr<Principal> Identify(const Evidence& evidence) const override {
    KSO_ASSIGN_OR_RETURN(Principal principal, WithoutAddress(evidence));
    principal.remote = std::string(evidence.remote);
    return principal;
  }

  bool open() const override {
    return !sources_.certificates &&
           std::none_of(
               sources_.bearers.begin(), sources_.bearers.end(),
               [](const BearerSource* bearer) { return bearer->configured(); });
  }

 private:
  absl::StatusOr<Principal> WithoutAddress(const Evidence& evidence) const {
    if (!evidence.bearer.empty()) return OfBearer(evidence.bearer);
    if (evidence.has_certificate) return OfCertificate(evidence);
    Principal principal;
    if (open()) {
      principal.name = "local";
      principal.roles = {access::Role::kAdmin};
      principal.how = IdentifiedBy::kOpenFarm;
    }
    return principal;
  }

  absl::StatusOr<Principal> OfBearer(std::string_view bearer) const {
    for (const BearerSource* source : sources_.bearers) {
      if (source->Recognizes(bearer)) return source->Identify(bearer);
    }
    return absl::UnauthenticatedError(kNoToken);
  }

  absl::StatusOr<Principal> OfCertificate(const Evidence& evidence) const {
    KSO_ASSIGN_OR_RETURN(
        const access::IdentityUri identity,
        access::IdentityOfCertificate(evidence.uris, sources_.trust_domain));
    if (sources_.revocations != nullptr) {
      KSO_RETURN_IF_ERROR(sources_.revocations->Check(evidence.uris.front(),
                                                      evidence.certificate));
    }
    Principal principal;
    principal.name = identity.name;
    principal.roles = {identity.role};
    principal.how = IdentifiedBy::kCertificate;
    principal.id = evidence.uris.front();
    return principal;
  }

  const IdentitySources sources_;
};

}  // namespace

std::unique_ptr<Authenticator> CreateAuthenticator(IdentitySources sources) {
  return std::make_unique<FarmAuthenticator>(std::move(sources));
}

const Authenticator* OpenAuthenticator() {
  static const Authenticator* const kOpen = CreateAuthenticator({}).release();
  return kOpen;
}

}  // namespace kso::coordinator
