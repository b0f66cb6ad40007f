// SPDX-License-Identifier: Apache-2.0
#include "tests/scale/farm_certificates.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/access/identity_uri.h"
#include "common/base/status_macros.h"
#include "common/files/small_file.h"
#include "common/pki/certificate.h"
#include "common/pki/keys.h"

namespace kso::scale {
namespace {

constexpr char kCoordinator[] = "coordinator";

}  // namespace

absl::StatusOr<std::unique_ptr<FarmCertificates>> FarmCertificates::Create(
    const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  const absl::Time now = absl::Now();
  KSO_ASSIGN_OR_RETURN(
      pki::Authority root,
      pki::Authority::CreateRoot(access::kDefaultTrustDomain, now));
  std::unique_ptr<FarmCertificates> farm(
      new FarmCertificates(directory, std::move(root)));
  KSO_RETURN_IF_ERROR(
      farm->Write("ca", farm->root_.certificate(), farm->root_.key()));
  KSO_ASSIGN_OR_RETURN(const pki::PrivateKey key, pki::PrivateKey::Generate());
  KSO_ASSIGN_OR_RETURN(
      const pki::Certificate certificate,
      farm->root_.IssueServer(key.public_key(),
                              {.name = kCoordinator, .hosts = {"127.0.0.1"}},
                              now));
  KSO_RETURN_IF_ERROR(farm->Write(kCoordinator, certificate, key));
  return farm;
}

std::vector<std::string> FarmCertificates::CoordinatorArguments() const {
  return {"--tls-cert",  File(absl::StrCat(kCoordinator, ".crt")),
          "--tls-key",   File(absl::StrCat(kCoordinator, ".key")),
          "--client-ca", File("ca.crt")};
}

absl::StatusOr<rpc::ChannelSecurity> FarmCertificates::Issue(
    access::Role role, const std::string& name) const {
  KSO_ASSIGN_OR_RETURN(const pki::PrivateKey key, pki::PrivateKey::Generate());
  pki::ClientOrder order;
  order.identity = {
      .trust_domain = root_.trust_domain(), .role = role, .name = name};
  KSO_ASSIGN_OR_RETURN(const pki::Certificate certificate,
                       root_.IssueClient(key.public_key(), order, absl::Now()));
  KSO_RETURN_IF_ERROR(Write(name, certificate, key));
  rpc::ChannelSecurity security;
  security.tls = {.ca = File("ca.crt"),
                  .cert = File(absl::StrCat(name, ".crt")),
                  .key = File(absl::StrCat(name, ".key"))};
  return security;
}

absl::Status FarmCertificates::Write(const std::string& name,
                                     const pki::Certificate& certificate,
                                     const pki::PrivateKey& key) const {
  KSO_ASSIGN_OR_RETURN(const std::string pem, certificate.ToPem());
  KSO_ASSIGN_OR_RETURN(const std::string key_pem, key.ToPem());
  KSO_RETURN_IF_ERROR(
      WriteNewFile(File(absl::StrCat(name, ".crt")), pem, kPublicFileMode));
  return WriteNewFile(File(absl::StrCat(name, ".key")), key_pem,
                      kSecretFileMode);
}

}  // namespace kso::scale
