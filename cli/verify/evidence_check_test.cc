// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/evidence_check.h"

#include <string>
#include <vector>

#include "common/bytes/digest.h"
#include "common/closure/release_index.h"
#include "common/evidence/artifact.h"
#include "common/evidence/build_facts.h"
#include "common/evidence/provenance.h"
#include "common/evidence/sbom.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EvidenceCheckTest : public ::testing::Test {
 protected:
  EvidenceCheckTest() {
    closure::IndexedFile& file = index_.files.emplace_back();
    file.verdict.set_name("https://dl.k8s.io/kubectl");
    file.verdict.set_digest(Sha256Of("kubectl").ToString());
    facts_.release = "v1";
    facts_.image.set_name("kubespray-files");
    facts_.image.mutable_index()->set_digest(digest_);
    facts_.items = {file.verdict};
  }

  // The documents that the build of `facts` left.
  static std::vector<EvidenceDocument> Left(const evidence::BuildFacts& facts) {
    return {
        {std::string(evidence::kSpdxType), evidence::MakeSbom(facts)},
        {std::string(evidence::kInTotoType), evidence::MakeProvenance(facts)}};
  }
  Findings Check(const std::vector<EvidenceDocument>& documents) const {
    Findings findings;
    CheckEvidence(documents, digest_, &index_, findings);
    return findings;
  }

  const std::string digest_ = Sha256Of("image").ToString();
  closure::ReleaseIndex index_;
  evidence::BuildFacts facts_;
};

TEST_F(EvidenceCheckTest, WhatBelongsToTheImageIsSaid) {
  const Findings findings = Check(Left(facts_));
  EXPECT_THAT(findings.problems, IsEmpty());
  EXPECT_THAT(
      findings.checks,
      ElementsAre("its bill of materials, which has 1 file", "its provenance"));
}

TEST_F(EvidenceCheckTest, ThatOfAnotherImageIsNamed) {
  facts_.image.mutable_index()->set_digest(Sha256Of("other").ToString());
  EXPECT_THAT(
      Check(Left(facts_)).problems,
      ElementsAre("the bill of materials beside it is that of another image",
                  "the provenance beside it is that of another image"));
}

TEST_F(EvidenceCheckTest, AFileThatTheBillLacksIsNamed) {
  facts_.items[0].set_digest(Sha256Of("kubectl before").ToString());
  EXPECT_THAT(Check(Left(facts_)).problems,
              ElementsAre("https://dl.k8s.io/kubectl is not in the bill of "
                          "materials beside the image"));
}

TEST_F(EvidenceCheckTest, DocumentsOfOthersArePassedOver) {
  const Findings findings =
      Check({{std::string(evidence::kSpdxType),
              R"({"creationInfo":{"creators":["Tool: other-1"]}})"},
             {std::string(evidence::kInTotoType), "{}"},
             {"text/plain", "x"}});
  EXPECT_THAT(findings.problems, IsEmpty());
  EXPECT_THAT(findings.checks, IsEmpty());
  EXPECT_THAT(findings.notes, SizeIs(0));
}

}  // namespace
}  // namespace kso::cli
