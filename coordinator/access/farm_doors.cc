// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/farm_doors.h"

#include "absl/strings/ascii.h"
#include "common/access/identity_uri.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/small_file.h"
#include "common/rpc/tls_files.h"
#include "coordinator/access/farm_authenticator.h"
#include "coordinator/access/file_audit_log.h"
#include "coordinator/access/revocations.h"

namespace kso::coordinator {
namespace {

constexpr size_t kLongestTokenFile = 4096;

absl::Status CheckKnown(const std::filesystem::path& file,
                        std::string_view text, const TokenStore& tokens) {
  const absl::StatusOr<Principal> who = tokens.Identify(text);
  if (who.ok() && who->roles.Allows({access::Role::kAdmin})) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      Concat(file.string(),
             " has no admin's token of this farm (it may be revoked, or of "
             "another state directory); move it away to get a new one"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<FarmDoors>> FarmDoors::Open(
    const std::filesystem::path& state_directory, const DoorOptions& options,
    Clock* clock) {
  std::unique_ptr<FarmDoors> doors(new FarmDoors(options.plaintext_to_others));
  KSO_ASSIGN_OR_RETURN(doors->audit_, OpenFileAuditLog(state_directory, clock));
  KSO_ASSIGN_OR_RETURN(doors->tokens_,
                       TokenStore::Open(state_directory, clock));
  if (!options.admin_token_file.empty()) {
    KSO_RETURN_IF_ERROR(
        EnsureAdminToken(options.admin_token_file, *doors->tokens_));
  }
  IdentitySources sources;
  sources.certificates = options.certificates;
  if (!options.trust_domain.empty()) {
    KSO_RETURN_IF_ERROR(access::CheckTrustDomain(options.trust_domain));
    sources.trust_domain = options.trust_domain;
  }
  if (!options.revoked_file.empty()) {
    KSO_ASSIGN_OR_RETURN(doors->revocations_,
                         Revocations::Open(options.revoked_file, clock));
    sources.revocations = doors->revocations_.get();
  }
  sources.bearers = {doors->tokens_.get()};
  sources.bearers.insert(sources.bearers.end(), options.bearers.begin(),
                         options.bearers.end());
  doors->authenticator_ = CreateAuthenticator(std::move(sources));
  return doors;
}

absl::Status FarmDoors::CheckListen(const std::string& address) const {
  if (!authenticator_->open() || rpc::StaysOnMachine(address)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      Concat("whoever reaches ", address,
             " would be an admin of this farm, since no identity is "
             "configured; use --client-ca (certificates) or "
             "--admin-token-file (tokens), or listen on 127.0.0.1"));
}

absl::Status EnsureAdminToken(const std::filesystem::path& file,
                              TokenStore& tokens) {
  const absl::StatusOr<std::string> content =
      ReadSmallFile(file, kLongestTokenFile);
  if (content.ok()) {
    KSO_RETURN_IF_ERROR(rpc::CheckKeyFile(file.string()));
    return CheckKnown(file, ToStd(absl::StripAsciiWhitespace(*content)),
                      tokens);
  }
  if (!absl::IsNotFound(content.status())) return content.status();
  KSO_ASSIGN_OR_RETURN(const v1::CreateTokenResponse made,
                       tokens.Create({.name = "admin",
                                      .roles = {access::Role::kAdmin},
                                      .created_by = "--admin-token-file"}));
  return WriteNewFile(file, made.token() + "\n", kSecretFileMode);
}

}  // namespace kso::coordinator
