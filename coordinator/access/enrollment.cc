// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/enrollment.h"

#include <vector>

#include "common/access/role.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/files/small_file.h"
#include "common/pki/certificate.h"
#include "common/pki/certificate_request.h"
#include "common/pki/keys.h"
#include "common/rpc/tls_files.h"

namespace kso::coordinator {
namespace {

absl::StatusOr<pki::Authority> LoadIssuer(const EnrollmentOptions& options) {
  KSO_RETURN_IF_ERROR(rpc::CheckKeyFile(options.issuer_key.string()));
  KSO_ASSIGN_OR_RETURN(
      const std::string certificates,
      ReadSmallFile(options.issuer_certificate, pki::kLargestPem));
  KSO_ASSIGN_OR_RETURN(const std::string key,
                       ReadSmallFile(options.issuer_key, pki::kLargestPem));
  auto issuer = pki::Authority::FromPem(certificates, key);
  if (!issuer.ok()) {
    return Prefixed(issuer.status(),
                    Concat(options.issuer_certificate.string(), ": "));
  }
  return issuer;
}

// Checks, by a certificate that is made for it and thrown away, that what the
// issuer signs is an identity here: better at the start than at each worker.
absl::Status CheckAccepted(const pki::Authority& issuer,
                           const EnrollmentOptions& options, absl::Time now) {
  if (issuer.trust_domain() != options.trust_domain) {
    return absl::InvalidArgumentError(Concat(
        "the issuer signs identities of trust domain '", issuer.trust_domain(),
        "', and this farm is '", options.trust_domain, "' (--trust-domain)"));
  }
  KSO_ASSIGN_OR_RETURN(
      const std::string content,
      ReadSmallFile(options.client_authorities, pki::kLargestPem));
  KSO_ASSIGN_OR_RETURN(const std::vector<pki::Certificate> authorities,
                       pki::ReadCertificates(content));
  KSO_ASSIGN_OR_RETURN(const pki::PrivateKey key, pki::PrivateKey::Generate());
  KSO_ASSIGN_OR_RETURN(
      const pki::Certificate probe,
      issuer.IssueClient(key.public_key(),
                         {.identity = {.trust_domain = options.trust_domain,
                                       .role = access::Role::kWork,
                                       .name = "probe"},
                          .life = absl::Minutes(1)},
                         now));
  KSO_ASSIGN_OR_RETURN(const std::string pem, issuer.WithIssuers(probe));
  KSO_ASSIGN_OR_RETURN(const std::vector<pki::Certificate> chain,
                       pki::ReadCertificates(pem));
  const absl::Status trusted = pki::VerifyCertificate(
      chain, authorities, pki::CertificateUse::kClient, now);
  if (trusted.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("what --issuer-cert signs is not trusted by --client-ca: ",
             ToStd(trusted.message()),
             "; use an issuer that this authority has signed, as `ksoctl certs "
             "init` makes it"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Enrollment>> Enrollment::Open(
    const std::filesystem::path& state_directory,
    const EnrollmentOptions& options, const Clock* clock) {
  KSO_ASSIGN_OR_RETURN(const pki::Authority issuer, LoadIssuer(options));
  KSO_RETURN_IF_ERROR(CheckAccepted(issuer, options, clock->Now()));
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<Invitations> invitations,
                       Invitations::Open(state_directory, clock));
  return std::unique_ptr<Enrollment>(
      new Enrollment(options, std::move(invitations), clock));
}

absl::StatusOr<std::string> Enrollment::Enroll(std::string_view token,
                                               std::string_view request,
                                               std::string& name) {
  KSO_ASSIGN_OR_RETURN(const pki::CertificateRequest asked,
                       pki::ReadCertificateRequest(request));
  name = asked.name;
  KSO_ASSIGN_OR_RETURN(const std::string key, asked.key.Fingerprint());
  KSO_RETURN_IF_ERROR(invitations_->Redeem(token, asked.name, key));
  return Sign(asked.key, asked.name);
}

absl::StatusOr<std::string> Enrollment::Renew(const Principal& caller,
                                              std::string_view request) {
  KSO_ASSIGN_OR_RETURN(const pki::CertificateRequest asked,
                       pki::ReadCertificateRequest(request));
  // A token, which can be revoked, must not become a certificate, which lives
  // on; and an admin's certificate must not become a worker's by a slip.
  if (caller.how != IdentifiedBy::kCertificate ||
      !caller.roles.Contains(access::Role::kWork) ||
      caller.roles.Contains(access::Role::kAdmin)) {
    return absl::PermissionDeniedError(
        "a certificate is renewed with a worker's certificate; invite the "
        "worker with `ksoctl workers invite NAME`");
  }
  if (asked.name != caller.name) {
    return absl::PermissionDeniedError(
        Concat("the certificate of ", caller.name,
               " cannot be renewed for another name"));
  }
  return Sign(asked.key, asked.name);
}

absl::StatusOr<std::string> Enrollment::Sign(const pki::PublicKey& key,
                                             const std::string& name) const {
  KSO_ASSIGN_OR_RETURN(const pki::Authority issuer, LoadIssuer(options_));
  KSO_ASSIGN_OR_RETURN(
      const pki::Certificate certificate,
      issuer.IssueClient(key,
                         {.identity = {.trust_domain = options_.trust_domain,
                                       .role = access::Role::kWork,
                                       .name = name},
                          .life = options_.life},
                         clock_->Now()));
  return issuer.WithIssuers(certificate);
}

}  // namespace kso::coordinator
