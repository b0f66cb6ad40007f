// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/evidence_check.h"

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "common/base/strings.h"
#include "common/evidence/artifact.h"
#include "common/evidence/statement.h"
#include "common/text/text.h"

namespace kso::cli {
namespace {

std::string_view HexOf(std::string_view digest) {
  return digest.substr(digest.find(':') + 1);
}

bool Has(const std::string& text, std::string_view part) {
  return absl::StrContains(text, ToAbsl(part));
}

void CheckBill(const std::string& bill, const std::string& digest,
               const closure::ReleaseIndex* index, Findings& findings) {
  if (!Has(bill, HexOf(digest))) {
    findings.problems.push_back(
        "the bill of materials beside it is that of another image");
    return;
  }
  if (index == nullptr) {
    findings.checks.push_back("its bill of materials");
    return;
  }
  const size_t before = findings.problems.size();
  for (const closure::IndexedFile& file : index->files) {
    const v1::ItemVerdict& verdict = file.verdict;
    if (Has(bill, HexOf(verdict.digest()))) continue;
    findings.problems.push_back(Concat(
        verdict.name(), " is not in the bill of materials beside the image"));
  }
  if (findings.problems.size() > before) return;
  findings.checks.push_back(
      Concat("its bill of materials, which has ",
             Count(static_cast<int64_t>(index->files.size()), "file")));
}

}  // namespace

void CheckEvidence(const std::vector<EvidenceDocument>& documents,
                   const std::string& digest,
                   const closure::ReleaseIndex* index, Findings& findings) {
  for (const EvidenceDocument& document : documents) {
    if (document.type == evidence::kSpdxType &&
        Has(document.content, "\"Tool: kso-")) {
      CheckBill(document.content, digest, index, findings);
    } else if (document.type == evidence::kInTotoType &&
               Has(document.content, "\"urn:kso:build:")) {
      const absl::Status about =
          evidence::PredicateAbout(document.content, digest).status();
      if (about.ok()) {
        findings.checks.push_back("its provenance");
      } else {
        findings.problems.push_back(
            "the provenance beside it is that of another image");
      }
    }
  }
}

}  // namespace kso::cli
