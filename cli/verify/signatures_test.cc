// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/signatures.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/bytes/byte_stream.h"
#include "common/evidence/artifact.h"
#include "common/evidence/build_facts.h"
#include "common/evidence/bundle.h"
#include "common/evidence/cosign.h"
#include "common/evidence/envelope.h"
#include "common/evidence/provenance.h"
#include "common/evidence/sbom.h"
#include "common/evidence/summary.h"
#include "common/files/small_file.h"
#include "common/oci/documents.h"
#include "common/oci/media_types.h"
#include "common/pki/signer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kso/v1/build.pb.h"
#include "tests/fakes/memory_registry.h"
#include "tests/fakes/shell.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kRepository[] = "team/kubespray-files";

class SignaturesTest : public ::testing::Test {
 protected:
  SignaturesTest() {
    key_ = MakeKey("key");
    signer_ = *pki::CreateKeySigner((directory_.path() / "key").string(), "");
    image_.name = "registry.example.com/team/kubespray-files";
    image_.repository = kRepository;
    const v1::Document index = oci::MakeDocument(
        oci::kOciIndex,
        "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index."
        "v1+json\",\"manifests\":[]}");
    EXPECT_TRUE(registry_.PutManifest(kRepository, index, "v1").ok());
    image_.index = index.content_descriptor();
  }

  // Makes a private key of that name, and returns its public half.
  std::string MakeKey(const std::string& name) const {
    const std::string path = (directory_.path() / name).string();
    testing::Shell(absl::StrCat(
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ",
        path, " && openssl pkey -in ", path, " -pubout -out ", path, ".pub"));
    return *ReadSmallFile(path + ".pub", 1 << 16);
  }

  void Put(const v1::Document& blob) {
    ASSERT_TRUE(registry_
                    .PutBlob(kRepository, blob.content_descriptor(),
                             [&blob](int64_t offset) {
                               return SourceOfString(blob.content(), offset);
                             })
                    .ok());
  }

  // Leaves the evidence beside the image as a build does.
  void PutEvidence() {
    evidence::BuildFacts facts;
    facts.release = "v1";
    facts.image.set_name("kubespray-files");
    *facts.image.mutable_index() = image_.index;
    PutArtifacts({evidence::MakeArtifact(image_.index, evidence::kSpdxType,
                                         evidence::MakeSbom(facts)),
                  evidence::MakeArtifact(image_.index, evidence::kInTotoType,
                                         evidence::MakeProvenance(facts)),
                  evidence::MakeArtifact(image_.index, evidence::kSummaryType,
                                         "# Release `v1`\n")});
  }

  void PutStatement(const std::string& statement) {
    PutArtifacts({evidence::MakeArtifact(image_.index, evidence::kInTotoType,
                                         statement)});
  }

  // Makes these the evidence that the tag lists.
  void PutArtifacts(const std::vector<evidence::Artifact>& artifacts) {
    for (const evidence::Artifact& artifact : artifacts) {
      Put(artifact.config);
      Put(artifact.content);
      ASSERT_TRUE(
          registry_.PutManifest(kRepository, artifact.manifest, "").ok());
    }
    ASSERT_TRUE(registry_
                    .PutManifest(kRepository,
                                 evidence::MakeReferrersIndex(artifacts),
                                 evidence::ReferrersTag(image_.index.digest()))
                    .ok());
  }

  // Leaves a bundle about the image beside it, under the tag of its referrers
  // or as one of them alone.
  void PutBundle(pki::Signer& signer, std::string_view predicate_type,
                 bool with_tag) {
    v1::ImageResult subject;
    *subject.mutable_index() = image_.index;
    const std::string statement =
        evidence::MakeStatement(subject, predicate_type, "{}");
    const evidence::Artifact bundle = evidence::MakeArtifact(
        image_.index, "application/vnd.dev.sigstore.bundle.v0.3+json",
        absl::StrCat(
            R"({"verificationMaterial":{"publicKey":{}},"dsseEnvelope":)",
            *evidence::SignEnvelope(evidence::kStatementType, statement,
                                    signer),
            "}"));
    Put(bundle.config);
    Put(bundle.content);
    ASSERT_TRUE(registry_.PutManifest(kRepository, bundle.manifest, "").ok());
    if (!with_tag) return;
    ASSERT_TRUE(registry_
                    .PutManifest(kRepository,
                                 evidence::MakeReferrersIndex({bundle}),
                                 evidence::ReferrersTag(image_.index.digest()))
                    .ok());
  }

  testing::TempDirectory directory_;
  testing::MemoryRegistry registry_;
  std::string key_;
  std::unique_ptr<pki::Signer> signer_;
  SignedImage image_;
};

TEST_F(SignaturesTest, WhatWasSignedIsFound) {
  PutEvidence();
  const auto done = SignInRegistry(registry_, image_, *signer_, false);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_THAT(done->predicates, ElementsAre("https://spdx.dev/Document",
                                            "https://slsa.dev/provenance/v1",
                                            "urn:kso:summary:v1"));
  const auto found = CheckSignatures(registry_, image_, key_);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, done->predicates);
}

TEST_F(SignaturesTest, TheSummaryIsReadWithAndWithoutAKey) {
  EXPECT_TRUE(absl::IsNotFound(ReadSummary(registry_, image_).status()));
  PutEvidence();
  EXPECT_EQ(ReadSummary(registry_, image_).value_or(""), "# Release `v1`\n");
  EXPECT_TRUE(
      absl::IsNotFound(ReadAttestedSummary(registry_, image_, key_).status()));
  ASSERT_TRUE(SignInRegistry(registry_, image_, *signer_, false).ok());
  EXPECT_EQ(ReadAttestedSummary(registry_, image_, key_).value_or(""),
            "# Release `v1`\n");
  EXPECT_TRUE(absl::IsDataLoss(
      ReadAttestedSummary(registry_, image_, MakeKey("other")).status()));
}

// Tools that copy an image with what refers to it do not always take the tag
// along, where the registry has a list of its own.
TEST_F(SignaturesTest, EvidenceIsFoundWithoutItsTag) {
  PutEvidence();
  registry_.KnowReferrers();
  ASSERT_TRUE(registry_
                  .DeleteManifest(kRepository,
                                  evidence::ReferrersTag(image_.index.digest()))
                  .ok());
  EXPECT_EQ(ReadSummary(registry_, image_).value_or(""), "# Release `v1`\n");
  const auto done = SignInRegistry(registry_, image_, *signer_, false);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_THAT(done->predicates, SizeIs(3));
}

// As cosign signs from its version 3 on, in a registry with a list of referrers
// and in one without.
TEST_F(SignaturesTest, BundlesAreSignatures) {
  for (const bool with_tag : {true, false}) {
    if (!with_tag) registry_.KnowReferrers();
    PutBundle(*signer_, evidence::kSignaturePredicate, with_tag);
    const auto found = CheckSignatures(registry_, image_, key_);
    EXPECT_TRUE(found.ok()) << found.status();
    EXPECT_TRUE(absl::IsDataLoss(
        CheckSignatures(registry_, image_, MakeKey("other")).status()));
    ASSERT_TRUE(registry_
                    .DeleteManifest(kRepository, evidence::ReferrersTag(
                                                     image_.index.digest()))
                    .ok());
  }
}

// Lists of referrers outlive what they list, and anybody may add to them.
TEST_F(SignaturesTest, AReferrerThatIsGoneIsNotInTheWay) {
  registry_.KnowReferrers();
  PutBundle(*signer_, evidence::kSignaturePredicate, /*with_tag=*/false);
  const evidence::Artifact gone =
      evidence::MakeArtifact(image_.index, evidence::kBundleType, "gone");
  registry_.Retag(kRepository, evidence::ReferrersTag(image_.index.digest()),
                  evidence::MakeReferrersIndex({gone}));
  const auto found = CheckSignatures(registry_, image_, key_);
  EXPECT_TRUE(found.ok()) << found.status();
}

TEST_F(SignaturesTest, ABundleOfAnotherImageIsNoSignature) {
  const SignedImage image = image_;
  image_.index.set_digest(absl::StrCat("sha256:", std::string(64, 'f')));
  PutBundle(*signer_, evidence::kSignaturePredicate, /*with_tag=*/true);
  const auto moved = registry_.GetManifest(
      kRepository, evidence::ReferrersTag(image_.index.digest()));
  ASSERT_TRUE(moved.ok());
  ASSERT_TRUE(registry_
                  .PutManifest(kRepository, *moved,
                               evidence::ReferrersTag(image.index.digest()))
                  .ok());
  EXPECT_TRUE(
      absl::IsDataLoss(CheckSignatures(registry_, image, key_).status()));
}

TEST_F(SignaturesTest, AnAttestationAloneIsNoSignature) {
  registry_.KnowReferrers();
  PutBundle(*signer_, "https://slsa.dev/provenance/v1", /*with_tag=*/false);
  EXPECT_TRUE(
      absl::IsNotFound(CheckSignatures(registry_, image_, key_).status()));
  // With a signature it is one of what the key has attested; another's is not.
  ASSERT_TRUE(SignInRegistry(registry_, image_, *signer_, false).ok());
  MakeKey("other");
  PutBundle(**pki::CreateKeySigner((directory_.path() / "other").string(), ""),
            "https://example.com/other", /*with_tag=*/false);
  const auto found = CheckSignatures(registry_, image_, key_);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, ElementsAre("https://slsa.dev/provenance/v1"));
}

TEST_F(SignaturesTest, AnImageWithoutEvidenceIsSignedAllTheSame) {
  const auto done = SignInRegistry(registry_, image_, *signer_, false);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->attestation_tag, "");
  const auto found = CheckSignatures(registry_, image_, key_);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, IsEmpty());
}

// Whoever can push puts a statement beside the image, to have it signed.
TEST_F(SignaturesTest, AStatementThatIsNotTheBuildsIsNotSigned) {
  v1::ImageResult subject;
  *subject.mutable_index() = image_.index;
  PutStatement(evidence::MakeStatement(
      subject, "https://cosign.sigstore.dev/attestation/vuln/v1", "{}"));
  const auto done = SignInRegistry(registry_, image_, *signer_, false);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_THAT(done->predicates, IsEmpty());

  subject.mutable_index()->set_digest(
      absl::StrCat("sha256:", std::string(64, 'f')));
  PutStatement(
      evidence::MakeStatement(subject, evidence::kProvenancePredicate, "{}"));
  const auto refused = SignInRegistry(registry_, image_, *signer_, true);
  EXPECT_TRUE(absl::IsDataLoss(refused.status())) << refused.status();
  EXPECT_TRUE(absl::IsNotFound(
      registry_
          .GetManifest(kRepository,
                       evidence::AttestationTag(image_.index.digest()))
          .status()));
}

TEST_F(SignaturesTest, AnUnsignedImageIsNamed) {
  EXPECT_TRUE(
      absl::IsNotFound(CheckSignatures(registry_, image_, key_).status()));
}

TEST_F(SignaturesTest, AnotherKeyIsRefused) {
  PutEvidence();
  ASSERT_TRUE(SignInRegistry(registry_, image_, *signer_, false).ok());
  EXPECT_TRUE(absl::IsDataLoss(
      CheckSignatures(registry_, image_, MakeKey("other")).status()));
}

// Whoever can push to the registry can copy a signature to another image's tag.
TEST_F(SignaturesTest, ASignatureThatWasMovedIsRefused) {
  PutEvidence();
  ASSERT_TRUE(SignInRegistry(registry_, image_, *signer_, false).ok());
  const std::string tag = evidence::ReferrersTag(image_.index.digest());
  SignedImage other = image_;
  other.index.set_digest(absl::StrCat("sha256:", std::string(64, 'f')));
  const std::string other_tag = evidence::ReferrersTag(other.index.digest());
  for (const char* kind : {".sig", ".att"}) {
    const auto manifest = registry_.GetManifest(kRepository, tag + kind);
    ASSERT_TRUE(manifest.ok());
    ASSERT_TRUE(
        registry_.PutManifest(kRepository, *manifest, other_tag + kind).ok());
  }
  EXPECT_TRUE(
      absl::IsDataLoss(CheckSignatures(registry_, other, key_).status()));
}

TEST_F(SignaturesTest, IsNotReplacedUnasked) {
  ASSERT_TRUE(SignInRegistry(registry_, image_, *signer_, false).ok());
  const auto again = SignInRegistry(registry_, image_, *signer_, false);
  EXPECT_TRUE(absl::IsAlreadyExists(again.status()));
  EXPECT_TRUE(absl::StrContains(again.status().message(), "--replace"));
  EXPECT_TRUE(SignInRegistry(registry_, image_, *signer_, true).ok());
}

}  // namespace
}  // namespace kso::cli
