// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_FARM_DOORS_H_
#define KSO_COORDINATOR_ACCESS_FARM_DOORS_H_

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/run/clock.h"
#include "coordinator/access/access_gate.h"
#include "coordinator/access/audit_log.h"
#include "coordinator/access/authenticator.h"
#include "coordinator/access/bearer_source.h"
#include "coordinator/access/revocations.h"
#include "coordinator/access/token_store.h"

namespace kso::coordinator {

// The options of kso-coordinator about identities.
struct DoorOptions {
  // Client certificates are verified (--client-ca).
  bool certificates = false;
  // Empty: the default one.
  std::string trust_domain{};
  // The file of revoked certificates; empty: none is revoked.
  std::string revoked_file{};
  // The file for an admin's token of the first start; empty: none is made.
  std::string admin_token_file{};
  // See Doors::plaintext_to_others.
  bool plaintext_to_others = false;
  // Besides the tokens of `ksoctl tokens`. They outlive the doors.
  std::vector<const BearerSource*> bearers{};
};

// All that decides who may do what on a farm, and its record. Thread safe.
class FarmDoors {
 public:
  // Opens tokens and audit log in the state directory, which is there. `clock`
  // must outlive it.
  static absl::StatusOr<std::unique_ptr<FarmDoors>> Open(
      const std::filesystem::path& state_directory, const DoorOptions& options,
      Clock* clock);

  Doors doors() const {
    return {.authenticator = authenticator_.get(),
            .audit = audit_.get(),
            .plaintext_to_others = plaintext_to_others_};
  }
  TokenStore& tokens() const { return *tokens_; }

  // Checks that a farm without identities serves this machine only:
  // INVALID_ARGUMENT for another `address`, "HOST:PORT" or "unix:PATH".
  absl::Status CheckListen(const std::string& address) const;

 private:
  explicit FarmDoors(bool plaintext_to_others)
      : plaintext_to_others_(plaintext_to_others) {}

  const bool plaintext_to_others_;
  std::unique_ptr<AuditLog> audit_;
  std::unique_ptr<TokenStore> tokens_;
  std::unique_ptr<Revocations> revocations_;
  std::unique_ptr<Authenticator> authenticator_;
};

// Sees that `file` has an admin's token of `tokens`: makes one and writes it
// there (mode 0600) where there is no file. FAILED_PRECONDITION when the file
// has something else; PERMISSION_DENIED when others can read it.
absl::Status EnsureAdminToken(const std::filesystem::path& file,
                              TokenStore& tokens);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_FARM_DOORS_H_
