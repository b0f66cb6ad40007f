// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_PKI_AUTHORITY_H_
#define KSO_COMMON_PKI_AUTHORITY_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/identity_uri.h"
#include "common/pki/certificate.h"
#include "common/pki/keys.h"

namespace kso::pki {

// How long certificates are good for: what is stolen is of use for so long.
inline constexpr absl::Duration kRootLife = absl::Hours(24 * 3650);
inline constexpr absl::Duration kIssuerLife = absl::Hours(24 * 365);
inline constexpr absl::Duration kCertificateLife = absl::Hours(24 * 90);
inline constexpr absl::Duration kWorkerCertificateLife = absl::Hours(24 * 30);

// A certificate is good from so long before it was made, for machines whose
// clocks are behind.
inline constexpr absl::Duration kClockSkew = absl::Minutes(5);

// A server is known by the DNS names and IP addresses at which it is reached.
struct ServerOrder {
  // For people, the common name.
  std::string name;
  std::vector<std::string> hosts;
  absl::Duration life = kCertificateLife;
};

// A client is known by its identity.
struct ClientOrder {
  access::IdentityUri identity;
  absl::Duration life = kCertificateLife;
};

// INVALID_ARGUMENT unless `host` is a DNS name (RFC 1123, no wildcard) or an IP
// address, without a port or brackets.
absl::Status CheckHostName(std::string_view host);

// Signs certificates (RFC 5280) with ECDSA, or with what its key is for. Serial
// numbers are 128 random bits. Cheap to copy; thread safe.
class Authority {
 public:
  // A new root of a trust domain, which may sign one level of issuers. Its
  // certificate names the domain (X509-SVID, section 3.1).
  static absl::StatusOr<Authority> CreateRoot(std::string_view trust_domain,
                                              absl::Time now);

  // `certificates`: the authority's, followed by those between it and its root,
  // if any. INVALID_ARGUMENT when it may not sign certificates or `key` is not
  // its key.
  static absl::StatusOr<Authority> FromPem(std::string_view certificates,
                                           std::string_view key);

  // An authority below this one that signs certificates of clients only: who
  // steals its key cannot pretend to be the coordinator. FAILED_PRECONDITION
  // when this is such an issuer itself.
  absl::StatusOr<Authority> CreateIssuer(absl::Time now) const;
  // The certificate of such an authority whose key is there.
  absl::StatusOr<Certificate> IssueIssuer(const PublicKey& key,
                                          absl::Time now) const;

  // Signs a certificate for `key`. Its life ends no later than the authority's
  // own. FAILED_PRECONDITION when the authority has expired,
  // INVALID_ARGUMENT for names that cannot be in a certificate, an identity of
  // another trust domain, a key that is not one of P-256, and a life that is
  // not positive.
  absl::StatusOr<Certificate> IssueServer(const PublicKey& key,
                                          const ServerOrder& order,
                                          absl::Time now) const;
  absl::StatusOr<Certificate> IssueClient(const PublicKey& key,
                                          const ClientOrder& order,
                                          absl::Time now) const;

  // `certificate` with those of its issuers that a peer who trusts the root
  // needs to see, in PEM: what a server or client presents.
  absl::StatusOr<std::string> WithIssuers(const Certificate& certificate) const;

  // The domain of the identities that it signs: the one that its certificate
  // names, or access::kDefaultTrustDomain for an authority of others that names
  // none.
  const std::string& trust_domain() const { return trust_domain_; }
  const Certificate& certificate() const { return chain_.front(); }
  const PrivateKey& key() const { return key_; }

 private:
  Authority(std::vector<Certificate> chain, PrivateKey key,
            std::string trust_domain);

  // The authority's certificate, then those of its issuers.
  std::vector<Certificate> chain_;
  PrivateKey key_;
  std::string trust_domain_;
};

}  // namespace kso::pki

#endif  // KSO_COMMON_PKI_AUTHORITY_H_
