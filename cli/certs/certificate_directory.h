// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CERTS_CERTIFICATE_DIRECTORY_H_
#define KSO_CLI_CERTS_CERTIFICATE_DIRECTORY_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/identity_uri.h"
#include "common/access/role.h"
#include "common/pki/authority.h"
#include "common/pki/certificate.h"

namespace kso::cli {

// A certificate in a file, for people and programs.
struct FiledCertificate {
  std::filesystem::path file;
  pki::CertificateFacts facts;
};

// The arguments of `ksoctl certs init`.
struct NewFarm {
  // The DNS names and addresses of the coordinator, besides those of loopback.
  std::vector<std::string> hosts;
  std::string trust_domain = std::string(access::kDefaultTrustDomain);
};

// The arguments of `ksoctl certs issue`.
struct NewClient {
  access::Role role = access::Role::kSubmit;
  std::string name;
  // Zero: what is usual for the role.
  absl::Duration life = absl::ZeroDuration();
};

// The certificates and keys of a farm in a directory:
//
//   ca.crt, ca.key                    the root; its key may be kept elsewhere,
//                                     offline, and be brought when it is needed
//   issuer.crt, issuer.key            signs workers and clients from day to day
//   coordinator.crt, coordinator.key  the coordinator's own
//   NAME.crt, NAME.key                those of workers and clients
//   revoked                           what is of no use before it expires
//                                     (common/pki/revocation_list.h)
//
// A .crt of what the issuer signed has the issuer's certificate too. Keys are
// readable by their owner only and are never overwritten. All errors name the
// file, and say what to do. One process at a time writes.
class CertificateDirectory {
 public:
  explicit CertificateDirectory(std::filesystem::path directory)
      : directory_(std::move(directory)) {}

  // Makes root, issuer and the coordinator's certificate. ALREADY_EXISTS, and
  // nothing done, when a file of them is there.
  absl::StatusOr<std::vector<FiledCertificate>> Init(const NewFarm& farm,
                                                     absl::Time now) const;

  // Makes a key and a certificate for it, signed by the issuer, or by the root
  // where there is no issuer.
  absl::StatusOr<std::vector<FiledCertificate>> Issue(const NewClient& client,
                                                      absl::Time now) const;

  // Replaces the certificate in `file` by one that says the same, for the same
  // key and a new life as long as the last one. `hosts` take the place of those
  // of a server's, as when it has moved; empty: they stay.
  absl::StatusOr<std::vector<FiledCertificate>> Renew(
      const std::filesystem::path& file, const std::vector<std::string>& hosts,
      absl::Time now) const;

  // Adds to the list of revoked certificates, which is made where it is not
  // there, and returns the line: `what` is the file of a certificate,
  // "serial:HEX", or an identity's URI. ALREADY_EXISTS when it is revoked
  // already; INVALID_ARGUMENT for a damaged list, and for a certificate that is
  // no client's.
  absl::StatusOr<std::string> Revoke(const std::string& what,
                                     std::string_view reason,
                                     absl::Time now) const;
  std::filesystem::path revocation_file() const { return Path("revoked"); }

 private:
  std::filesystem::path Path(std::string_view name) const {
    return directory_ / name;
  }
  absl::Status CheckAbsent(const std::vector<std::string>& names) const;
  absl::StatusOr<pki::Authority> Root() const;
  // The authority that signs clients.
  absl::StatusOr<pki::Authority> Issuer() const;
  absl::StatusOr<pki::Authority> Load(std::string_view name) const;
  absl::Status WriteKey(std::string_view name,
                        const pki::PrivateKey& key) const;
  absl::StatusOr<FiledCertificate> WriteCertificate(
      std::string_view name, const pki::Authority& authority,
      const pki::Certificate& certificate) const;
  absl::StatusOr<std::string> SignAgain(const pki::Certificate& old,
                                        const std::vector<std::string>& hosts,
                                        absl::Time now) const;

  const std::filesystem::path directory_;
};

// The certificates in `path`: the first one of a file, or those of all files of
// a directory whose names end in ".crt" or ".pem", in the order of their names.
absl::StatusOr<std::vector<FiledCertificate>> ReadFiledCertificates(
    const std::filesystem::path& path);

}  // namespace kso::cli

#endif  // KSO_CLI_CERTS_CERTIFICATE_DIRECTORY_H_
