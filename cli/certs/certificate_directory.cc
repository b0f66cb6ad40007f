// SPDX-License-Identifier: Apache-2.0
#include "cli/certs/certificate_directory.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/files/directory.h"
#include "common/files/file_io.h"
#include "common/files/small_file.h"
#include "common/pki/keys.h"
#include "common/pki/revocation_list.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRoot = "ca";
constexpr std::string_view kIssuer = "issuer";
constexpr std::string_view kCoordinator = "coordinator";
constexpr char kRevocationHead[] =
    "# The certificates that kso-coordinator --revoked refuses. A line is\n"
    "# serial:HEX or an identity, such as spiffe://farm/kso/work/box-1, and\n"
    "# the reason. `ksoctl certs revoke` adds lines.\n";
// A coordinator is always reached from its own machine too.
constexpr std::string_view kLoopbackHosts[] = {"localhost", "127.0.0.1", "::1"};

std::string Crt(std::string_view name) { return Concat(name, ".crt"); }
std::string Key(std::string_view name) { return Concat(name, ".key"); }

absl::StatusOr<FiledCertificate> Filed(fs::path file,
                                       const pki::Certificate& certificate) {
  KSO_ASSIGN_OR_RETURN(pki::CertificateFacts facts, certificate.Describe());
  return FiledCertificate{std::move(file), std::move(facts)};
}

absl::StatusOr<pki::Certificate> ReadCertificateFile(const fs::path& file) {
  KSO_ASSIGN_OR_RETURN(const std::string pem,
                       ReadSmallFile(file, pki::kLargestPem));
  const auto certificate = pki::Certificate::FromPem(pem);
  if (!certificate.ok()) {
    return Prefixed(certificate.status(), Concat(file.string(), ": "));
  }
  return certificate;
}

std::vector<std::string> WithLoopback(const std::vector<std::string>& more) {
  std::vector<std::string> hosts(std::begin(kLoopbackHosts),
                                 std::end(kLoopbackHosts));
  for (const std::string& host : more) {
    if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) {
      hosts.push_back(host);
    }
  }
  return hosts;
}

bool IsThere(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

// The words of the list of revocations for what a user names.
absl::StatusOr<std::string> RevocableOf(const std::string& what) {
  if (pki::RevocationLine(what, "").ok()) return what;
  const absl::StatusOr<pki::Certificate> certificate =
      ReadCertificateFile(what);
  if (!certificate.ok()) {
    return Prefixed(certificate.status(),
                    "name a certificate's file, serial:HEX, or an identity "
                    "such as spiffe://farm/kso/work/box-1: ");
  }
  KSO_ASSIGN_OR_RETURN(const pki::CertificateFacts facts,
                       certificate->Describe());
  if (facts.authority || !facts.for_clients) {
    return absl::InvalidArgumentError(
        Concat(what,
               " is no client's certificate; only those are shown to the "
               "coordinator"));
  }
  return Concat("serial:", facts.serial);
}

absl::Duration LifeOf(const pki::CertificateFacts& facts) {
  return facts.not_after - facts.not_before - pki::kClockSkew;
}

}  // namespace

absl::Status CertificateDirectory::CheckAbsent(
    const std::vector<std::string>& names) const {
  for (const std::string& name : names) {
    if (!IsThere(Path(name))) continue;
    return absl::AlreadyExistsError(
        Concat(Path(name).string(),
               " is there already, and is not overwritten; renew a certificate "
               "with `ksoctl certs renew FILE`, or take another directory or "
               "name"));
  }
  return absl::OkStatus();
}

absl::StatusOr<pki::Authority> CertificateDirectory::Load(
    std::string_view name) const {
  KSO_ASSIGN_OR_RETURN(const std::string certificates,
                       ReadSmallFile(Path(Crt(name)), pki::kLargestPem));
  KSO_ASSIGN_OR_RETURN(const std::string key,
                       ReadSmallFile(Path(Key(name)), pki::kLargestPem));
  auto authority = pki::Authority::FromPem(certificates, key);
  if (!authority.ok()) {
    return Prefixed(authority.status(),
                    Concat(Path(name).string(), ".crt and .key: "));
  }
  return authority;
}

absl::StatusOr<pki::Authority> CertificateDirectory::Root() const {
  if (!IsThere(Path(Key(kRoot))) || !IsThere(Path(Crt(kRoot)))) {
    return absl::NotFoundError(
        Concat(directory_.string(),
               " has not both ca.crt and ca.key, which this needs; bring them "
               "from where the root is kept, or make a new root with `ksoctl "
               "certs init DIR`"));
  }
  return Load(kRoot);
}

absl::StatusOr<pki::Authority> CertificateDirectory::Issuer() const {
  if (IsThere(Path(Key(kIssuer)))) return Load(kIssuer);
  return Root();
}

absl::Status CertificateDirectory::WriteKey(std::string_view name,
                                            const pki::PrivateKey& key) const {
  KSO_ASSIGN_OR_RETURN(const std::string pem, key.ToPem());
  return WriteNewFile(Path(Key(name)), pem, kSecretFileMode);
}

absl::StatusOr<FiledCertificate> CertificateDirectory::WriteCertificate(
    std::string_view name, const pki::Authority& authority,
    const pki::Certificate& certificate) const {
  KSO_ASSIGN_OR_RETURN(const std::string pem,
                       authority.WithIssuers(certificate));
  KSO_RETURN_IF_ERROR(WriteNewFile(Path(Crt(name)), pem, kPublicFileMode));
  return Filed(Path(Crt(name)), certificate);
}

absl::StatusOr<std::vector<FiledCertificate>> CertificateDirectory::Init(
    const NewFarm& farm, absl::Time now) const {
  const std::vector<std::string> hosts = WithLoopback(farm.hosts);
  // Everything is made before anything is written.
  KSO_ASSIGN_OR_RETURN(const pki::Authority root,
                       pki::Authority::CreateRoot(farm.trust_domain, now));
  KSO_ASSIGN_OR_RETURN(const pki::Authority issuer, root.CreateIssuer(now));
  KSO_ASSIGN_OR_RETURN(const pki::PrivateKey key, pki::PrivateKey::Generate());
  KSO_ASSIGN_OR_RETURN(
      const pki::Certificate coordinator,
      root.IssueServer(key.public_key(),
                       {.name = std::string(kCoordinator), .hosts = hosts},
                       now));
  KSO_RETURN_IF_ERROR(MakeDirectories(directory_));
  KSO_RETURN_IF_ERROR(
      CheckAbsent({Crt(kRoot), Key(kRoot), Crt(kIssuer), Key(kIssuer),
                   Crt(kCoordinator), Key(kCoordinator)}));
  std::vector<FiledCertificate> made(3);
  KSO_RETURN_IF_ERROR(WriteKey(kRoot, root.key()));
  KSO_RETURN_IF_ERROR(WriteKey(kIssuer, issuer.key()));
  KSO_RETURN_IF_ERROR(WriteKey(kCoordinator, key));
  KSO_ASSIGN_OR_RETURN(const std::string root_pem, root.certificate().ToPem());
  KSO_RETURN_IF_ERROR(
      WriteNewFile(Path(Crt(kRoot)), root_pem, kPublicFileMode));
  if (!IsThere(revocation_file())) {
    KSO_RETURN_IF_ERROR(
        WriteNewFile(revocation_file(), kRevocationHead, kPublicFileMode));
  }
  KSO_ASSIGN_OR_RETURN(made[0], Filed(Path(Crt(kRoot)), root.certificate()));
  KSO_ASSIGN_OR_RETURN(made[1],
                       WriteCertificate(kIssuer, root, issuer.certificate()));
  KSO_ASSIGN_OR_RETURN(made[2],
                       WriteCertificate(kCoordinator, root, coordinator));
  return made;
}

absl::StatusOr<std::vector<FiledCertificate>> CertificateDirectory::Issue(
    const NewClient& client, absl::Time now) const {
  KSO_RETURN_IF_ERROR(access::CheckIdentityName(client.name));
  KSO_ASSIGN_OR_RETURN(const pki::Authority issuer, Issuer());
  KSO_ASSIGN_OR_RETURN(const pki::PrivateKey key, pki::PrivateKey::Generate());
  const absl::Duration usual = client.role == access::Role::kWork
                                   ? pki::kWorkerCertificateLife
                                   : pki::kCertificateLife;
  const pki::ClientOrder order = {
      .identity = {.trust_domain = issuer.trust_domain(),
                   .role = client.role,
                   .name = client.name},
      .life = client.life > absl::ZeroDuration() ? client.life : usual};
  KSO_ASSIGN_OR_RETURN(const pki::Certificate certificate,
                       issuer.IssueClient(key.public_key(), order, now));
  KSO_RETURN_IF_ERROR(CheckAbsent({Crt(client.name), Key(client.name)}));
  KSO_RETURN_IF_ERROR(WriteKey(client.name, key));
  KSO_ASSIGN_OR_RETURN(FiledCertificate made,
                       WriteCertificate(client.name, issuer, certificate));
  return std::vector<FiledCertificate>{std::move(made)};
}

absl::StatusOr<std::string> CertificateDirectory::SignAgain(
    const pki::Certificate& old, const std::vector<std::string>& hosts,
    absl::Time now) const {
  KSO_ASSIGN_OR_RETURN(const pki::CertificateFacts facts, old.Describe());
  KSO_ASSIGN_OR_RETURN(const pki::PublicKey key, old.public_key());
  if (old.SelfSigned()) {
    return absl::InvalidArgumentError(
        "it is a root, which cannot be renewed: make a new one with `ksoctl "
        "certs init` in another directory, and let coordinator and workers "
        "trust both until all certificates come from the new one");
  }
  if (!hosts.empty() && (facts.authority || !facts.for_servers)) {
    return absl::InvalidArgumentError(
        "it is not a server's, and --host is for those");
  }
  if (facts.authority) {
    KSO_ASSIGN_OR_RETURN(const pki::Authority root, Root());
    KSO_ASSIGN_OR_RETURN(const pki::Certificate made,
                         root.IssueIssuer(key, now));
    return root.WithIssuers(made);
  }
  if (facts.for_servers) {
    KSO_ASSIGN_OR_RETURN(const pki::Authority root, Root());
    pki::ServerOrder order = {.name = std::string(kCoordinator),
                              .hosts = facts.dns_names,
                              .life = LifeOf(facts)};
    order.hosts.insert(order.hosts.end(), facts.ip_addresses.begin(),
                       facts.ip_addresses.end());
    if (!hosts.empty()) order.hosts = WithLoopback(hosts);
    KSO_ASSIGN_OR_RETURN(const pki::Certificate made,
                         root.IssueServer(key, order, now));
    return root.WithIssuers(made);
  }
  KSO_ASSIGN_OR_RETURN(const pki::Authority issuer, Issuer());
  const auto identity =
      access::IdentityOfCertificate(facts.uris, issuer.trust_domain());
  if (!identity.ok()) {
    return absl::InvalidArgumentError(identity.status().message());
  }
  KSO_ASSIGN_OR_RETURN(
      const pki::Certificate made,
      issuer.IssueClient(key, {.identity = *identity, .life = LifeOf(facts)},
                         now));
  return issuer.WithIssuers(made);
}

absl::StatusOr<std::vector<FiledCertificate>> CertificateDirectory::Renew(
    const fs::path& file, const std::vector<std::string>& hosts,
    absl::Time now) const {
  KSO_ASSIGN_OR_RETURN(const pki::Certificate old, ReadCertificateFile(file));
  const auto pem = SignAgain(old, hosts, now);
  if (!pem.ok()) {
    return Prefixed(pem.status(), Concat("cannot renew ", file.string(), ": "));
  }
  KSO_RETURN_IF_ERROR(ReplaceSmallFile(file, *pem, kPublicFileMode));
  return ReadFiledCertificates(file);
}

absl::StatusOr<std::string> CertificateDirectory::Revoke(
    const std::string& what, std::string_view reason, absl::Time now) const {
  KSO_ASSIGN_OR_RETURN(const std::string which, RevocableOf(what));
  const absl::StatusOr<std::string> read =
      ReadSmallFile(revocation_file(), pki::kLargestRevocationList);
  if (!read.ok() && !absl::IsNotFound(read.status())) return read.status();
  std::string text = read.value_or(kRevocationHead);
  const absl::StatusOr<pki::RevocationList> list =
      pki::RevocationList::Parse(text);
  if (!list.ok()) {
    return Prefixed(list.status(), Concat(revocation_file().string(), ": "));
  }
  KSO_ASSIGN_OR_RETURN(
      const std::string line,
      pki::RevocationLine(
          which, Concat(absl::FormatTime("%Y-%m-%d", now, absl::UTCTimeZone()),
                        reason.empty() ? "" : " ", reason)));
  const bool known =
      absl::StartsWithIgnoreCase(which, "serial:")
          ? !list->Check("", [&which] { return which.substr(7); }).ok()
          : !list->Check(which, [] { return std::string(); }).ok();
  if (known) {
    return absl::AlreadyExistsError(
        Concat(which, " is revoked already in ", revocation_file().string()));
  }
  if (!text.empty() && text.back() != '\n') text.push_back('\n');
  KSO_RETURN_IF_ERROR(ReplaceSmallFile(
      revocation_file(), Concat(text, line, "\n"), kPublicFileMode));
  return line;
}

absl::StatusOr<std::vector<FiledCertificate>> ReadFiledCertificates(
    const fs::path& path) {
  std::vector<fs::path> files;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    KSO_RETURN_IF_ERROR(
        ForEachEntry(path, [&files](const fs::directory_entry& entry) {
          const fs::path extension = entry.path().extension();
          if (extension == ".crt" || extension == ".pem") {
            files.push_back(entry.path());
          }
        }));
    std::sort(files.begin(), files.end());
    if (files.empty()) {
      return absl::NotFoundError(
          Concat(path.string(), " has no certificate (*.crt, *.pem)"));
    }
  } else {
    files.push_back(path);
  }
  std::vector<FiledCertificate> all;
  for (const fs::path& file : files) {
    KSO_ASSIGN_OR_RETURN(const pki::Certificate certificate,
                         ReadCertificateFile(file));
    KSO_ASSIGN_OR_RETURN(FiledCertificate filed, Filed(file, certificate));
    all.push_back(std::move(filed));
  }
  return all;
}

}  // namespace kso::cli
