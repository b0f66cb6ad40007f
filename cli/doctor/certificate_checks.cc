// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/doctor/check.h"
#include "common/pki/certificate.h"
#include "common/text/text.h"

// The check of the certificates by which the coordinator is spoken to.

namespace kso::cli {
namespace {

// So long before its end, a certificate is worth a word.
constexpr absl::Duration kSoon = absl::Hours(24 * 7);

std::string DateOf(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone());
}

class CertificatesCheck : public Check {
 public:
  std::string name() const override { return "certificates"; }

  std::vector<Finding> Look(const Surroundings& surroundings) override {
    std::vector<Finding> findings;
    const std::string& own = surroundings.tls.cert;
    Add(surroundings, "your certificate", own,
        absl::StrCat("ksoctl certs renew ", own,
                     " --dir DIR, where the authority is; or ask who issued it "
                     "for another"),
        findings);
    Add(surroundings, "the coordinator's authority", surroundings.tls.ca,
        "get the farm's new ca.crt from who operates it", findings);
    return findings;
  }

 private:
  // A file that cannot be read is in the way of the coordinator, whose check
  // says so.
  static void Add(const Surroundings& surroundings, const std::string& what,
                  const std::string& file, const std::string& mend,
                  std::vector<Finding>& findings) {
    if (file.empty()) return;
    const auto content = surroundings.machine->ReadFile(file);
    if (!content.ok()) return;
    const auto certificate = pki::Certificate::FromPem(*content);
    if (!certificate.ok()) return;
    const auto facts = certificate->Describe();
    if (!facts.ok()) return;
    findings.push_back(Of(absl::StrCat(what, " (", file, ")"), *facts,
                          surroundings.machine->Now(), mend));
  }

  static Finding Of(const std::string& subject,
                    const pki::CertificateFacts& facts, absl::Time now,
                    const std::string& mend) {
    if (now < facts.not_before) {
      return Broken(
          subject,
          absl::StrCat("is good from ", DateOf(facts.not_before),
                       " on, and this machine's clock says ", DateOf(now)),
          absl::StrCat("set the clock (timedatectl set-ntp true); or ", mend));
    }
    if (now >= facts.not_after) {
      return Broken(subject,
                    absl::StrCat("has expired on ", DateOf(facts.not_after)),
                    mend);
    }
    const absl::Duration left = facts.not_after - now;
    if (left < kSoon) {
      return Warning(subject,
                     absl::StrCat("expires in ",
                                  Count(absl::ToInt64Hours(left) / 24, "day"),
                                  ", on ", DateOf(facts.not_after)),
                     mend);
    }
    return Good(subject, absl::StrCat("good until ", DateOf(facts.not_after)));
  }
};

}  // namespace

std::unique_ptr<Check> CreateCertificatesCheck() {
  return std::make_unique<CertificatesCheck>();
}

}  // namespace kso::cli
