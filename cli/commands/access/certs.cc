// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/certs/certificate_directory.h"
#include "cli/certs/certificates_text.h"
#include "cli/commands/access/access_commands.h"
#include "cli/render/text.h"
#include "common/access/role.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

constexpr int kMostDays = 825;

class Certs : public Command {
 public:
  explicit Certs(Arguments arguments)
      : init_(arguments.Subcommand(
            "init",
            "Make a farm's authority and the coordinator's "
            "certificate.")),
        issue_(arguments.Subcommand(
            "issue", "Make a key and certificate for a worker or client.")),
        show_(arguments.Subcommand("show", "Say what certificates are for.")),
        renew_(arguments.Subcommand(
            "renew", "Give a certificate a new life, for the same key.")),
        revoke_(arguments.Subcommand(
            "revoke", "Have a certificate refused before it expires.")) {
    arguments.RequireSubcommand();
    init_.Example("ksoctl certs init /etc/kso/pki --host farm.example.com",
                  "An authority, and the coordinator's certificate.");
    issue_.Example("ksoctl certs issue worker build-1 --dir /etc/kso/pki",
                   "A certificate for kso-worker --name build-1.");
    issue_.Example(
        "ksoctl certs issue client alice --role admin --dir /etc/kso/pki",
        "One for somebody who operates the farm.");
    show_.Example("ksoctl certs show /etc/kso/pki",
                  "What each one is for, and when it ends.");
    renew_.Example(
        "ksoctl certs renew /etc/kso/pki/coordinator.crt --dir /etc/kso/pki",
        "The same again, for longer.");
    revoke_.Example("ksoctl certs revoke alice.crt --dir /etc/kso/pki",
                    "One certificate, whose file is at hand.");
    revoke_.Example(
        "ksoctl certs revoke spiffe://farm/kso/work/build-1 --dir /etc/kso/pki",
        "A worker, whatever certificate it shows.");
    revoke_.Positional("WHAT", &path_,
                       "A certificate's FILE, serial:HEX, or an identity's "
                       "URI.");
    revoke_.Option("--reason", &reason_, "TEXT",
                   "What the one who is refused is told.");
    init_.Positional("DIR", &directory_,
                     "Where they go; it is made if need be.");
    init_.Repeated("--host", &farm_.hosts, "NAME",
                   "A DNS name or IP address at which ksoctl and workers reach "
                   "the coordinator; again for another.");
    init_.Option("--trust-domain", &farm_.trust_domain, "DOMAIN",
                 "The first part of all identities. Default: farm.");
    issue_.PositionalChoice("KIND", &kind_, {"worker", "client"},
                            "What the certificate is for.");
    issue_.Positional("NAME", &name_,
                      "Whose: a worker's --name, or a person or pipeline.");
    issue_.Choice("--role", &role_, {"view", "submit", "admin"},
                  "What a client may do. Default: submit.");
    issue_.Range("--days", &days_, 1, kMostDays, "N",
                 "How long it is good for. Default: 30 for workers, 90 for "
                 "clients.");
    for (Arguments* command : {&issue_, &renew_, &revoke_}) {
      command->Option("--dir", &directory_, "DIR",
                      "Where the authority is. Default: this directory.");
    }
    show_.Positional("PATH", &path_, "A certificate, or a directory of them.");
    renew_.Positional("FILE", &path_, "The certificate. Its key stays.");
    renew_.Repeated("--host", &farm_.hosts, "NAME",
                    "Where the coordinator is reached from now on. Default: "
                    "as before.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    const absl::Time now = context.clock->Now();
    if (revoke_.Chosen()) return Revoke(context, now);
    KSO_ASSIGN_OR_RETURN(const std::vector<FiledCertificate> certificates,
                         Certificates(now));
    context.PrintJsonOr(CertificatesJson(certificates, now),
                        CertificatesText(certificates, now));
    if (!context.json && !context.quiet) *context.console.err << Advice();
    return ExitStatus::kDone;
  }

 private:
  absl::StatusOr<ExitStatus> Revoke(Context& context, absl::Time now) const {
    const CertificateDirectory directory(directory_);
    KSO_ASSIGN_OR_RETURN(const std::string line,
                         directory.Revoke(path_, reason_, now));
    const std::string file = directory.revocation_file().string();
    context.PrintJsonOr({{"file", Printable(file)}, {"line", Printable(line)}},
                        Printable(line) + "\n");
    if (!context.json && !context.quiet) {
      *context.console.err
          << "\n"
          << Printable(file)
          << " has it: a coordinator that was started with --revoked and this "
             "file\nrefuses it within seconds.\n";
    }
    return ExitStatus::kDone;
  }

  absl::StatusOr<std::vector<FiledCertificate>> Certificates(
      absl::Time now) const {
    if (show_.Chosen()) return ReadFiledCertificates(path_);
    const CertificateDirectory directory(directory_);
    if (init_.Chosen()) return directory.Init(farm_, now);
    if (renew_.Chosen()) return directory.Renew(path_, farm_.hosts, now);
    NewClient client = {.name = name_, .life = absl::Hours(24) * days_};
    if (kind_ == "worker") {
      if (!role_.empty()) {
        return absl::InvalidArgumentError(
            "a worker's role is to work; --role is for clients");
      }
      client.role = access::Role::kWork;
    } else if (!role_.empty()) {
      KSO_ASSIGN_OR_RETURN(client.role, access::ParseRole(role_));
    }
    return directory.Issue(client, now);
  }

  // The next steps with what was made.
  std::string Advice() const {
    const std::string directory = Printable(directory_);
    if (init_.Chosen()) {
      return absl::StrCat(
          "\nStart the coordinator with\n"
          "  --tls-cert ",
          directory, "/coordinator.crt --tls-key ", directory,
          "/coordinator.key --client-ca ", directory,
          "/ca.crt\n"
          "  --issuer-cert ",
          directory, "/issuer.crt --issuer-key ", directory,
          "/issuer.key    # so that workers can join by themselves\n"
          "  --revoked ",
          directory,
          "/revoked    # so that `ksoctl certs revoke` has an effect\n"
          "Give ",
          directory,
          "/ca.crt to workers and clients. Keep ca.key "
          "offline: it is needed to\nrenew the certificates of the coordinator "
          "and of the issuer only.\n");
    }
    if (issue_.Chosen()) {
      return absl::StrCat("\nThe key is ", directory, "/", Printable(name_),
                          ".key: bring both to where they are used, and delete "
                          "the key here.\n");
    }
    return "";
  }

  Arguments init_;
  Arguments issue_;
  Arguments show_;
  Arguments renew_;
  Arguments revoke_;
  std::string directory_ = ".";
  std::string path_;
  std::string kind_;
  std::string name_;
  std::string role_;
  std::string reason_;
  int days_ = 0;
  NewFarm farm_;
};

}  // namespace

std::unique_ptr<Command> CreateCerts(Arguments arguments) {
  return std::make_unique<Certs>(arguments);
}

}  // namespace kso::cli
