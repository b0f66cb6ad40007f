// SPDX-License-Identifier: Apache-2.0
#include "common/pki/authority.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/pki/certificate_builder.h"
#include "common/text/printable_text.h"

namespace kso::pki {
namespace {

constexpr std::string_view kRootName = "kso root";
constexpr std::string_view kIssuerName = "kso issuer";
constexpr std::string_view kScheme = "spiffe://";

// RFC 1035, section 2.3.4.
constexpr size_t kLongestDnsName = 253;
constexpr size_t kLongestLabel = 63;

bool IsLabel(std::string_view label) {
  const auto is_letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
  };
  return !label.empty() && label.size() <= kLongestLabel &&
         is_letter_or_digit(label.front()) &&
         is_letter_or_digit(label.back()) &&
         std::all_of(label.begin(), label.end(),
                     [&](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool IsDnsName(std::string_view name) {
  if (name.empty() || name.size() > kLongestDnsName) return false;
  const std::vector<absl::string_view> labels =
      absl::StrSplit(ToAbsl(name), '.');
  // A last label of digits would be read as the end of an IPv4 address.
  return std::all_of(labels.begin(), labels.end(),
                     [](absl::string_view l) { return IsLabel(ToStd(l)); }) &&
         !std::all_of(labels.back().begin(), labels.back().end(),
                      [](char c) { return c >= '0' && c <= '9'; });
}

// The bytes of an address as a certificate has them.
std::optional<std::string> AddressBytes(const std::string& host) {
  std::array<char, 16> bytes = {};
  if (inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) {
    return std::string(bytes.data(), 4);
  }
  if (inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) {
    return std::string(bytes.data(), bytes.size());
  }
  return std::nullopt;
}

absl::Status AddHosts(const std::vector<std::string>& hosts,
                      CertificateBuilder& builder) {
  for (const std::string& host : hosts) {
    KSO_RETURN_IF_ERROR(CheckHostName(host));
    if (const auto address = AddressBytes(host)) {
      builder.AddAddress(*address);
    } else {
      builder.AddDnsName(host);
    }
  }
  return absl::OkStatus();
}

// The end of a life that begins now, no later than the issuer's own end.
absl::StatusOr<absl::Time> EndOfLife(const Certificate& issuer,
                                     absl::Duration life, absl::Time now) {
  if (life <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        "a certificate's life has to be longer than nothing");
  }
  KSO_ASSIGN_OR_RETURN(const CertificateFacts facts, issuer.Describe());
  if (facts.not_after <= now) {
    return absl::FailedPreconditionError(Concat(
        "the authority ", facts.subject, " has expired, on ",
        absl::FormatTime(absl::RFC3339_sec, facts.not_after,
                         absl::UTCTimeZone()),
        "; make a new one with `ksoctl certs init` or, for an issuer, renew "
        "it where the root's key is"));
  }
  return std::min(now + life, facts.not_after);
}

absl::Status CheckKey(const PublicKey& key) {
  if (key.IsP256()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "certificates are made for keys of P-256 only");
}

void AddLeafExtensions(const char* extended_key_usage, absl::Time now,
                       absl::Time end, CertificateBuilder& builder) {
  builder.SetValidity(now - kClockSkew, end);
  builder.AddExtension(NID_basic_constraints, "critical,CA:FALSE");
  builder.AddExtension(NID_key_usage, "critical,digitalSignature");
  builder.AddExtension(NID_ext_key_usage, extended_key_usage);
}

absl::StatusOr<std::string> TrustDomainOf(const Certificate& authority) {
  KSO_ASSIGN_OR_RETURN(const CertificateFacts facts, authority.Describe());
  if (facts.uris.size() == 1 && facts.uris.front().starts_with(kScheme)) {
    std::string domain = facts.uris.front().substr(kScheme.size());
    if (access::CheckTrustDomain(domain).ok()) return domain;
  }
  return std::string(access::kDefaultTrustDomain);
}

}  // namespace

absl::Status CheckHostName(std::string_view host) {
  if (IsDnsName(host) || AddressBytes(std::string(host)).has_value()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      Concat("'", PrintableText(host, 200),
             "' is no host: write a DNS name or an IP address, without a port, "
             "brackets or wildcards"));
}

Authority::Authority(std::vector<Certificate> chain, PrivateKey key,
                     std::string trust_domain)
    : chain_(std::move(chain)),
      key_(std::move(key)),
      trust_domain_(std::move(trust_domain)) {}

absl::StatusOr<Authority> Authority::CreateRoot(std::string_view trust_domain,
                                                absl::Time now) {
  KSO_RETURN_IF_ERROR(access::CheckTrustDomain(trust_domain));
  KSO_ASSIGN_OR_RETURN(PrivateKey key, PrivateKey::Generate());
  CertificateBuilder builder(kRootName, key.public_key());
  builder.SetValidity(now - kClockSkew, now + kRootLife);
  builder.AddExtension(NID_basic_constraints, "critical,CA:TRUE,pathlen:1");
  builder.AddExtension(NID_key_usage, "critical,keyCertSign,cRLSign");
  builder.AddUri(Concat(kScheme, trust_domain));
  KSO_ASSIGN_OR_RETURN(Certificate certificate, builder.Sign(nullptr, key));
  return Authority({std::move(certificate)}, std::move(key),
                   std::string(trust_domain));
}

absl::StatusOr<Authority> Authority::FromPem(std::string_view certificates,
                                             std::string_view key) {
  KSO_ASSIGN_OR_RETURN(std::vector<Certificate> chain,
                       ReadCertificates(certificates));
  KSO_ASSIGN_OR_RETURN(PrivateKey private_key, PrivateKey::FromPem(key));
  if (X509_check_ca(chain.front().get()) != 1 ||
      (X509_get_key_usage(chain.front().get()) & KU_KEY_CERT_SIGN) == 0) {
    return absl::InvalidArgumentError(
        "the certificate is not an authority's: it may not sign others");
  }
  if (!chain.front().Fits(private_key)) {
    return absl::InvalidArgumentError(
        "the key is not that of the authority's certificate");
  }
  KSO_ASSIGN_OR_RETURN(std::string trust_domain, TrustDomainOf(chain.front()));
  return Authority(std::move(chain), std::move(private_key),
                   std::move(trust_domain));
}

absl::StatusOr<Authority> Authority::CreateIssuer(absl::Time now) const {
  KSO_ASSIGN_OR_RETURN(PrivateKey key, PrivateKey::Generate());
  KSO_ASSIGN_OR_RETURN(Certificate issuer, IssueIssuer(key.public_key(), now));
  std::vector<Certificate> chain = {std::move(issuer)};
  for (const Certificate& above : chain_) {
    if (!above.SelfSigned()) chain.push_back(above);
  }
  return Authority(std::move(chain), std::move(key), trust_domain_);
}

absl::StatusOr<Certificate> Authority::IssueIssuer(const PublicKey& key,
                                                   absl::Time now) const {
  if (X509_get_pathlen(certificate().get()) == 0) {
    return absl::FailedPreconditionError(
        "an issuer is signed by a root, and this is an issuer");
  }
  KSO_RETURN_IF_ERROR(CheckKey(key));
  KSO_ASSIGN_OR_RETURN(const absl::Time end,
                       EndOfLife(certificate(), kIssuerLife, now));
  CertificateBuilder builder(kIssuerName, key);
  builder.SetValidity(now - kClockSkew, end);
  builder.AddExtension(NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  builder.AddExtension(NID_key_usage, "critical,keyCertSign,cRLSign");
  builder.AddExtension(NID_ext_key_usage, "clientAuth");
  builder.AddUri(Concat(kScheme, trust_domain_));
  return builder.Sign(&certificate(), key_);
}

absl::StatusOr<Certificate> Authority::IssueServer(const PublicKey& key,
                                                   const ServerOrder& order,
                                                   absl::Time now) const {
  KSO_RETURN_IF_ERROR(access::CheckIdentityName(order.name));
  if (order.hosts.empty()) {
    return absl::InvalidArgumentError(
        "a server's certificate names the hosts at which it is reached, and "
        "none was given");
  }
  KSO_RETURN_IF_ERROR(CheckKey(key));
  KSO_ASSIGN_OR_RETURN(const absl::Time end,
                       EndOfLife(certificate(), order.life, now));
  CertificateBuilder builder(order.name, key);
  AddLeafExtensions("serverAuth", now, end, builder);
  KSO_RETURN_IF_ERROR(AddHosts(order.hosts, builder));
  return builder.Sign(&certificate(), key_);
}

absl::StatusOr<Certificate> Authority::IssueClient(const PublicKey& key,
                                                   const ClientOrder& order,
                                                   absl::Time now) const {
  KSO_ASSIGN_OR_RETURN(const std::string uri,
                       access::FormatIdentityUri(order.identity));
  if (order.identity.trust_domain != trust_domain_) {
    return absl::InvalidArgumentError(
        Concat("this authority signs identities of trust domain '",
               trust_domain_, "', not of '", order.identity.trust_domain, "'"));
  }
  KSO_RETURN_IF_ERROR(CheckKey(key));
  KSO_ASSIGN_OR_RETURN(const absl::Time end,
                       EndOfLife(certificate(), order.life, now));
  CertificateBuilder builder(order.identity.name, key);
  AddLeafExtensions("clientAuth", now, end, builder);
  builder.AddUri(uri);
  return builder.Sign(&certificate(), key_);
}

absl::StatusOr<std::string> Authority::WithIssuers(
    const Certificate& certificate) const {
  KSO_ASSIGN_OR_RETURN(std::string pem, certificate.ToPem());
  for (const Certificate& issuer : chain_) {
    if (issuer.SelfSigned()) continue;
    KSO_ASSIGN_OR_RETURN(const std::string more, issuer.ToPem());
    pem += more;
  }
  return pem;
}

}  // namespace kso::pki
