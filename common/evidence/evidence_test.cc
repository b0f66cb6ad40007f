// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/evidence/artifact.h"
#include "common/evidence/build_facts.h"
#include "common/evidence/cosign.h"
#include "common/evidence/envelope.h"
#include "common/evidence/provenance.h"
#include "common/evidence/sbom.h"
#include "common/files/small_file.h"
#include "common/pki/signer.h"
#include "common/text/json.h"
#include "gtest/gtest.h"
#include "tests/fakes/shell.h"
#include "tests/fakes/temp_directory.h"

namespace kso::evidence {
namespace {

const std::string kIndex = absl::StrCat("sha256:", std::string(64, 'a'));
const std::string kFile = absl::StrCat("sha256:", std::string(64, 'b'));

BuildFacts Facts() {
  BuildFacts facts;
  facts.release = "v0.1.0-2.25.1";
  v1::Platform arm64;
  arm64.set_os("linux");
  arm64.set_architecture("arm64");
  facts.platforms = {arm64};
  facts.image.set_name("kubespray-files");
  facts.image.mutable_index()->set_digest(kIndex);
  facts.image.mutable_index()->set_media_type(
      "application/vnd.oci.image.index.v1+json");
  facts.image.mutable_index()->set_size(321);
  facts.base = "docker.io/library/nginx:1.25.2-alpine";
  facts.base_digest = absl::StrCat("sha256:", std::string(64, 'c'));
  v1::ItemVerdict file;
  file.set_name("https://dl.k8s.io/release/v1.29.10/bin/linux/amd64/kubelet");
  file.set_digest(kFile);
  file.set_verdict(v1::ItemVerdict::MATCHED);
  v1::ItemVerdict image;
  image.set_name("registry.k8s.io/pause:3.9");
  image.set_digest(kFile);
  image.set_verdict(v1::ItemVerdict::UNSTATED);
  facts.items = {file, image};
  return facts;
}

Json Parsed(const std::string& text) {
  const absl::StatusOr<Json> json = ParseJson(text);
  EXPECT_TRUE(json.ok()) << json.status() << text;
  return json.value_or(Json());
}

TEST(SbomTest, NamesEachItemWithItsOriginAndDigest) {
  const Json sbom = Parsed(MakeSbom(Facts()));
  EXPECT_EQ(sbom["spdxVersion"], "SPDX-2.3");
  ASSERT_EQ(sbom["packages"].size(), 4);
  const Json& kubelet = sbom["packages"][1];
  EXPECT_EQ(kubelet["name"], "kubelet");
  EXPECT_EQ(kubelet["versionInfo"], "1.29.10");
  EXPECT_EQ(kubelet["checksums"][0]["checksumValue"], std::string(64, 'b'));
  EXPECT_EQ(kubelet["downloadLocation"], Facts().items[0].name());
  const Json& pause = sbom["packages"][2];
  EXPECT_EQ(pause["versionInfo"], "3.9");
  EXPECT_EQ(pause["comment"],
            "Its list states no digest: it is what its host sent.");
  // Every package is in a relationship, and no id is there twice.
  EXPECT_EQ(sbom["relationships"].size(), sbom["packages"].size());
}

TEST(SbomTest, HasTheLicencesThatAreStated) {
  BuildFacts facts = Facts();
  facts.items[0].set_license("apache-2.0");
  facts.items[1].set_license("See the LICENSE file");
  const Json sbom = Parsed(MakeSbom(facts));
  EXPECT_EQ(sbom["packages"][1]["licenseDeclared"], "Apache-2.0");
  EXPECT_EQ(sbom["packages"][1]["licenseConcluded"], "NOASSERTION");
  EXPECT_EQ(sbom["packages"][2]["licenseDeclared"], "NOASSERTION");
  EXPECT_EQ(sbom["packages"][2]["comment"],
            "Its list states no digest: it is what its host sent. It states a "
            "licence that is no SPDX expression: See the LICENSE file");
}

TEST(SbomTest, AnItemThatIsThereTwiceIsOnePackage) {
  BuildFacts facts = Facts();
  facts.items.push_back(facts.items[0]);
  EXPECT_EQ(MakeSbom(facts), MakeSbom(Facts()));
}

TEST(ProvenanceTest, NamesEachInputByItsDigest) {
  const Json statement = Parsed(MakeProvenance(Facts()));
  EXPECT_EQ(statement["_type"], "https://in-toto.io/Statement/v1");
  EXPECT_EQ(statement["predicateType"], "https://slsa.dev/provenance/v1");
  EXPECT_EQ(statement["subject"][0]["digest"]["sha256"], std::string(64, 'a'));
  const Json& inputs =
      statement["predicate"]["buildDefinition"]["resolvedDependencies"];
  ASSERT_EQ(inputs.size(), 3);
  EXPECT_EQ(inputs[1]["digest"]["sha256"], std::string(64, 'b'));
  EXPECT_EQ(inputs[2]["uri"], "docker://registry.k8s.io/pause:3.9");
}

// A layer of `facts` that an arm64 worker made under an emulator.
void AddLayer(BuildFacts& facts, const std::string& worker) {
  LayerMaking& making = facts.layers.emplace_back();
  making.layer.set_digest(kFile);
  making.layer.set_media_type("application/vnd.oci.image.layer.v1.tar+gzip");
  making.worker = worker;
  making.platform = facts.platforms[0];
}

TEST(ProvenanceTest, SaysWhoMadeWhatWhereAndWhetherNatively) {
  BuildFacts facts = Facts();
  AddLayer(facts, "box-1");
  AddLayer(facts, "");
  facts.layers[1].platform.Clear();
  const Json statement = Parsed(MakeProvenance(facts));
  const Json& run = statement["predicate"]["runDetails"];
  ASSERT_EQ(run["byproducts"].size(), 2);
  const Json& made = run["byproducts"][0];
  EXPECT_EQ(made["digest"]["sha256"], std::string(64, 'b'));
  EXPECT_EQ(made["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
  EXPECT_EQ(made["annotations"], Json({{"kso_worker", "box-1"},
                                       {"kso_platform", "linux/arm64"},
                                       {"kso_native", false}}));
  // A farm that does not know it claims nothing.
  EXPECT_EQ(run["byproducts"][1]["annotations"], Json::object());
}

TEST(ProvenanceTest, BuildsElsewhereDifferInTheMakersOnly) {
  BuildFacts facts = Facts();
  BuildFacts elsewhere = Facts();
  AddLayer(facts, "box-1");
  AddLayer(elsewhere, "box-2");
  EXPECT_NE(MakeProvenance(facts), MakeProvenance(elsewhere));
  Json one = Parsed(MakeProvenance(facts));
  Json other = Parsed(MakeProvenance(elsewhere));
  for (Json* statement : {&one, &other}) {
    (*statement)["predicate"]["runDetails"].erase("byproducts");
  }
  EXPECT_EQ(one, other);
  EXPECT_EQ(MakeSbom(facts), MakeSbom(elsewhere));
}

TEST(ArtifactTest, RefersToItsSubject) {
  const Artifact sbom = MakeArtifact(Facts().image.index(), kSpdxType, "{}");
  const Json manifest = Parsed(sbom.manifest.content());
  EXPECT_EQ(manifest["subject"]["digest"], kIndex);
  EXPECT_EQ(manifest["subject"]["size"], 321);
  EXPECT_EQ(manifest["artifactType"], "application/spdx+json");
  EXPECT_EQ(
      manifest["config"]["digest"],
      "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaf"
      "f8a");
  const Json index = Parsed(MakeReferrersIndex({sbom}).content());
  EXPECT_EQ(index["manifests"][0]["digest"],
            sbom.manifest.content_descriptor().digest());
  EXPECT_EQ(index["manifests"][0]["artifactType"], "application/spdx+json");
  EXPECT_EQ(ReferrersTag(kIndex),
            absl::StrCat("sha256-", std::string(64, 'a')));
}

TEST(ArtifactTest, EvidenceIsKnownByItsTag) {
  const std::string tag = ReferrersTag(kIndex);
  for (const std::string& evidence :
       {tag, SignatureTag(kIndex), AttestationTag(kIndex)}) {
    EXPECT_TRUE(IsEvidenceTag(evidence)) << evidence;
  }
  for (const std::string& other :
       {std::string("v1"), std::string("latest"), std::string("sha256-abc"),
        tag + "a", tag + ".txt", tag.substr(1), std::string()}) {
    EXPECT_FALSE(IsEvidenceTag(other)) << other;
  }
}

class SignedTest : public ::testing::Test {
 protected:
  SignedTest() {
    const std::string key = (directory_.path() / "key").string();
    testing::Shell(absl::StrCat(
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ",
        key, " && openssl pkey -in ", key, " -pubout -out ", key, ".pub"));
    signer_ = *pki::CreateKeySigner(key, "");
    public_key_ = *ReadSmallFile(key + ".pub", 1 << 16);
  }

  const testing::TempDirectory directory_;
  std::unique_ptr<pki::Signer> signer_;
  std::string public_key_;
};

TEST_F(SignedTest, AnEnvelopeOpensByItsKeyOnly) {
  const auto envelope = SignEnvelope(kStatementType, "{\"a\":1}", *signer_);
  ASSERT_TRUE(envelope.ok()) << envelope.status();
  const auto opened = OpenEnvelope(*envelope, kStatementType, public_key_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(*opened, "{\"a\":1}");
  EXPECT_FALSE(OpenEnvelope(*envelope, "text/plain", public_key_).ok());
  Json forged = Parsed(*envelope);
  forged["payload"] = absl::Base64Escape("{\"a\":2}");
  EXPECT_TRUE(absl::IsDataLoss(
      OpenEnvelope(forged.dump(), kStatementType, public_key_).status()));
  EXPECT_FALSE(OpenEnvelope("{}", kStatementType, public_key_).ok());
}

TEST_F(SignedTest, ASignatureIsOfOneImage) {
  const auto image = SignImage("h/kubespray-files", kIndex, *signer_);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->tag, absl::StrCat("sha256-", std::string(64, 'a'), ".sig"));
  const Json manifest = Parsed(image->manifest.content());
  const std::string annotation = manifest["layers"][0]["annotations"]
                                         ["dev.cosignproject.cosign/signature"];
  const std::string& payload = image->blobs[0].content();
  EXPECT_TRUE(
      VerifySimpleSigning(payload, annotation, kIndex, public_key_).ok());
  EXPECT_TRUE(absl::IsDataLoss(
      VerifySimpleSigning(payload, annotation, kFile, public_key_)));
  EXPECT_TRUE(absl::IsDataLoss(
      VerifySimpleSigning(SimpleSigningPayload("h/kubespray-files", kFile),
                          annotation, kFile, public_key_)));
}

TEST_F(SignedTest, AnAttestationHoldsAStatementInAnEnvelope) {
  const auto image = AttestImage(
      kIndex, {{std::string(kProvenancePredicate), MakeProvenance(Facts())}},
      *signer_);
  ASSERT_TRUE(image.ok()) << image.status();
  const Json manifest = Parsed(image->manifest.content());
  EXPECT_EQ(manifest["layers"][0]["annotations"]["predicateType"],
            kProvenancePredicate);
  const auto statement =
      OpenEnvelope(image->blobs[0].content(), kStatementType, public_key_);
  ASSERT_TRUE(statement.ok()) << statement.status();
  EXPECT_EQ(*statement, MakeProvenance(Facts()));
}

TEST(StatementTest, HoldsAPredicateAsItIs) {
  const Json statement =
      Parsed(MakeStatement(Facts().image, kSpdxPredicate, MakeSbom(Facts())));
  EXPECT_EQ(statement["predicateType"], "https://spdx.dev/Document");
  EXPECT_EQ(statement["predicate"]["spdxVersion"], "SPDX-2.3");
}

}  // namespace
}  // namespace kso::evidence
