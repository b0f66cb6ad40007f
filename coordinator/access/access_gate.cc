// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/access_gate.h"

#include <string>

#include "absl/strings/match.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/text/printable_text.h"
#include "coordinator/access/farm_authenticator.h"
#include "coordinator/access/method_roles.h"

namespace kso::coordinator {
namespace {

constexpr size_t kLongestMethod = 128;
// RFC 6750, section 2.1; schemes do not care for case (RFC 9110, section 11.1).
constexpr std::string_view kBearer = "bearer ";

class AccessGate : public rpc::CallGate {
 public:
  explicit AccessGate(const Doors& doors) : doors_(doors) {}

  absl::Status Admit(std::string_view method,
                     const rpc::CallProof& proof) override {
    const MethodRule* rule = RuleOf(method);
    if (rule == nullptr) {
      return absl::UnimplementedError(
          Concat("this coordinator has no method ",
                 PrintableText(method, kLongestMethod),
                 "; is ksoctl or the worker newer than it?"));
    }
    if (rule->open_to_everybody) return absl::OkStatus();
    const absl::StatusOr<Principal> who =
        PrincipalOf(*doors_.authenticator, proof);
    const absl::Status status =
        who.ok() ? CheckRoles(*who, rule->roles, ShortMethodName(method))
                 : who.status();
    if (!status.ok()) {
      Deed deed;
      if (who.ok()) deed.who = *who;
      deed.what = std::string(ShortMethodName(method));
      deed.outcome = status;
      doors_.audit->Note(deed);
    }
    return status;
  }

 private:
  const Doors doors_;
};

}  // namespace

Doors OpenDoors() {
  return {.authenticator = OpenAuthenticator(), .audit = NoAuditLog()};
}

std::shared_ptr<rpc::CallGate> CreateAccessGate(const Doors& doors) {
  return std::make_shared<AccessGate>(doors);
}

absl::StatusOr<Principal> PrincipalOf(const Authenticator& authenticator,
                                      const rpc::CallProof& proof) {
  if (proof.several_authorizations) {
    return absl::UnauthenticatedError(
        "the metadata 'authorization' is there twice; send one token");
  }
  Evidence evidence;
  if (!proof.authorization.empty()) {
    if (!absl::StartsWithIgnoreCase(proof.authorization, ToAbsl(kBearer))) {
      return absl::UnauthenticatedError(
          "the metadata 'authorization' is no bearer token");
    }
    evidence.bearer = proof.authorization;
    evidence.bearer.remove_prefix(kBearer.size());
    if (evidence.bearer.empty()) {
      return absl::UnauthenticatedError("the bearer token is empty");
    }
  }
  evidence.has_certificate = proof.has_certificate;
  evidence.uris = proof.uris;
  evidence.certificate = proof.certificate;
  evidence.remote = proof.remote;
  return authenticator.Identify(evidence);
}

Principal CallerOf(const Authenticator& authenticator,
                   const grpc::ServerContextBase& context) {
  const rpc::CallProof proof = rpc::ProofOf(context);
  absl::StatusOr<Principal> who = PrincipalOf(authenticator, proof);
  if (who.ok()) return *std::move(who);
  Principal nobody;
  nobody.remote = proof.remote;
  return nobody;
}

}  // namespace kso::coordinator
