// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/evidence/artifact.h"
#include "common/evidence/bundle.h"
#include "common/evidence/cosign.h"
#include "common/evidence/envelope.h"
#include "common/files/small_file.h"
#include "common/oci/documents.h"
#include "common/oci/media_types.h"
#include "common/oci/referrers.h"
#include "common/pki/signer.h"
#include "coordinator/core/plan/image_choice.h"
#include "coordinator/core/plan/registry_tree.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/resolved_release.h"
#include "tests/fakes/shell.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kPause[] = "registry.k8s.io/pause:3.9";
constexpr char kName[] = "registry.k8s.io/pause";

class UpstreamSignaturesTest : public ::testing::Test {
 protected:
  UpstreamSignaturesTest() {
    fake_.AddImage(kPause);
    key_ = MakeKey("key");
    signer_ = *pki::CreateKeySigner((directory_.path() / "key").string(), "");
    v1::SignatureTrust& trust = *Policy().add_trust();
    trust.add_images("registry.k8s.io/*");
    trust.add_keys(key_);
    Policy().set_carry(true);
  }

  std::string MakeKey(const std::string& name) const {
    const std::string path = (directory_.path() / name).string();
    kso::testing::Shell(absl::StrCat(
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ",
        path, " && openssl pkey -in ", path, " -pubout -out ", path, ".pub"));
    return *ReadSmallFile(path + ".pub", 1 << 16);
  }

  v1::UpstreamSignatures& Policy() {
    return *fake_.release.mutable_upstream_signatures();
  }
  v1::ResolvedImage& Pause() { return fake_.resolved.images.at(kPause); }
  std::string Top() { return Pause().top().content_descriptor().digest(); }

  v1::UpstreamArtifact& Add(const evidence::CosignImage& image,
                            const std::string& tag) {
    v1::UpstreamArtifact& artifact = *Pause().add_signatures();
    artifact.set_tag(tag);
    *artifact.mutable_manifest() = image.manifest;
    // The last blob is the config.
    *artifact.mutable_contents() = {image.blobs.begin(), image.blobs.end() - 1};
    return artifact;
  }
  // Signs `digest` where a signature of the image belongs.
  v1::UpstreamArtifact& Sign(const std::string& digest) {
    return Add(*evidence::SignImage(kName, digest, *signer_),
               evidence::SignatureTag(Top()));
  }

  // The digest of the manifest of one of its platforms.
  std::string DigestOf(int platform) {
    return Pause().manifests(platform).content_descriptor().digest();
  }
  v1::UpstreamArtifact& SignPlatform(int platform) {
    return Add(*evidence::SignImage(kName, DigestOf(platform), *signer_),
               evidence::SignatureTag(DigestOf(platform)));
  }

  // A bundle by `signer` that states something about the image `digest`.
  void AddBundle(pki::Signer& signer, const std::string& digest,
                 std::string_view predicate_type) {
    const std::string statement = absl::StrCat(
        R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":)",
        R"({"sha256":")", digest.substr(7), R"("}}],"predicateType":")",
        ToAbsl(predicate_type), R"("})");
    const std::string bundle = absl::StrCat(
        R"({"verificationMaterial":{"publicKey":{}},"dsseEnvelope":)",
        *evidence::SignEnvelope(evidence::kStatementType, statement, signer),
        "}");
    const evidence::Artifact made = evidence::MakeArtifact(
        Pause().top().content_descriptor(),
        "application/vnd.dev.sigstore.bundle.v0.3+json", bundle);
    v1::UpstreamArtifact& artifact = *Pause().add_signatures();
    *artifact.mutable_manifest() = made.manifest;
    *artifact.add_contents() = made.content;
    bundles_.push_back(made);
  }
  // Lists all bundles so far.
  void ListReferrers() {
    v1::UpstreamArtifact& list = *Pause().add_signatures();
    list.set_tag(evidence::ReferrersTag(Top()));
    *list.mutable_manifest() = evidence::MakeReferrersIndex(bundles_);
  }

  ImageChoice Choose() { return ChooseImages(fake_.release, fake_.resolved); }
  // The only failure, or none.
  std::string Failure() {
    const ImageChoice choice = Choose();
    if (choice.failures.empty()) return "";
    EXPECT_THAT(choice.failures, SizeIs(1));
    EXPECT_EQ(choice.failures[0].item(), kPause);
    return choice.failures[0].reason();
  }

  kso::testing::TempDirectory directory_;
  kso::testing::ResolvedRelease fake_;
  std::string key_;
  std::vector<evidence::Artifact> bundles_;
  std::unique_ptr<pki::Signer> signer_;
};

TEST_F(UpstreamSignaturesTest, ATrustedSignatureIsNamedAndServed) {
  Sign(Top());
  const ImageChoice choice = Choose();
  ASSERT_THAT(choice.failures, IsEmpty());
  const ChosenImage& image = choice.images.at(0);
  EXPECT_THAT(image.signed_by, StartsWith("the key sha256:"));
  ASSERT_THAT(image.artifacts, SizeIs(1));
  EXPECT_THAT(image.artifacts[0].blobs, SizeIs(2));
  std::vector<std::string> paths;
  for (const v1::LayerMember& member : ImageLinks(image)) {
    paths.push_back(member.path());
  }
  EXPECT_THAT(paths, Contains(HasSubstr(absl::StrCat(
                         "repositories/k8s/pause/_manifests/tags/",
                         evidence::SignatureTag(Top()), "/current/link"))));
}

TEST_F(UpstreamSignaturesTest, NothingIsCarriedUnasked) {
  Sign(Top());
  Policy().set_carry(false);
  EXPECT_THAT(Choose().images.at(0).artifacts, IsEmpty());
  EXPECT_THAT(Choose().images.at(0).signed_by, StartsWith("the key"));
}

TEST_F(UpstreamSignaturesTest, AForgedSignatureFailsAndIsNamed) {
  Sign(Sha256Of("another image").ToString());
  EXPECT_THAT(Failure(), HasSubstr("its signature is not right: it is of "
                                   "another image, sha256:"));
}

TEST_F(UpstreamSignaturesTest, AnotherKeyFails) {
  Sign(Top());
  Policy().mutable_trust(0)->set_keys(0, MakeKey("other"));
  EXPECT_THAT(Failure(), HasSubstr("not by a key that the release trusts"));
}

TEST_F(UpstreamSignaturesTest, ThePolicySaysWhatBecomesOfWhatIsNotSigned) {
  EXPECT_EQ(Failure(), "");
  Policy().set_require(true);
  EXPECT_EQ(Failure(), "its publisher has not signed it");
  Sign(Top());
  EXPECT_EQ(Failure(), "");
  Policy().mutable_trust(0)->set_images(0, "quay.io/*");
  EXPECT_EQ(Failure(), "it is signed, and the release trusts no key for it");
  Policy().set_require(false);
  EXPECT_EQ(Failure(), "");
}

// A worker may say anything, and so may a registry.
TEST_F(UpstreamSignaturesTest, WhatIsNotWhereItBelongsIsNotCarried) {
  Policy().clear_trust();
  const evidence::CosignImage signature =
      *evidence::SignImage(kName, Top(), *signer_);
  Add(signature, "latest");
  Add(signature, "sha256-" + std::string(64, 'a') + ".sig");
  Add(signature, "../../x");
  Add(signature, "");
  EXPECT_THAT(Choose().images.at(0).artifacts, IsEmpty());
  Add(signature, evidence::SignatureTag(Top()))
      .mutable_manifest()
      ->mutable_content()
      ->append(" ");
  const ImageChoice choice = Choose();
  EXPECT_THAT(choice.images.at(0).artifacts, IsEmpty());
  EXPECT_THAT(choice.notes, Contains(HasSubstr("not that of its digest")));
}

TEST_F(UpstreamSignaturesTest, ADocumentIsOfTheSizeThatIsSaid) {
  Policy().clear_trust();
  v1::Descriptor& descriptor =
      *Sign(Top()).mutable_manifest()->mutable_content_descriptor();
  EXPECT_THAT(Choose().images.at(0).artifacts, SizeIs(1));
  descriptor.set_size(descriptor.size() + 1);
  const ImageChoice choice = Choose();
  EXPECT_THAT(choice.images.at(0).artifacts, IsEmpty());
  EXPECT_THAT(choice.notes, Contains(HasSubstr("not that of its digest")));
}

TEST_F(UpstreamSignaturesTest, ToRequireSignaturesIsAPolicyByItself) {
  Policy().clear_trust();
  Policy().set_carry(false);
  EXPECT_EQ(Failure(), "");
  Policy().set_require(true);
  EXPECT_EQ(Failure(), "its publisher has not signed it");
  AddBundle(*signer_, Top(), "https://slsa.dev/provenance/v1");
  EXPECT_EQ(Failure(), "its publisher has not signed it");
  AddBundle(*signer_, Top(), evidence::kSignaturePredicate);
  EXPECT_EQ(Failure(), "it is signed, and the release trusts no key for it");
  Pause().clear_signatures();
  Sign(Top());
  EXPECT_EQ(Failure(), "it is signed, and the release trusts no key for it");
}

TEST_F(UpstreamSignaturesTest, AListOfWhichAllIsCarriedStaysAsItIs) {
  const evidence::Artifact sbom = evidence::MakeArtifact(
      Pause().top().content_descriptor(), evidence::kSpdxType, "{}");
  *Pause().add_signatures()->mutable_manifest() = sbom.manifest;
  v1::UpstreamArtifact& list = *Pause().add_signatures();
  list.set_tag(evidence::ReferrersTag(Top()));
  *list.mutable_manifest() = oci::MakeDocument(
      oci::kOciIndex, evidence::MakeReferrersIndex({sbom}).content() + "\n");
  std::vector<std::string> digests;
  const ImageChoice choice = Choose();
  for (const CarriedArtifact& artifact : choice.images.at(0).artifacts) {
    digests.push_back(artifact.document.content_descriptor().digest());
  }
  EXPECT_THAT(digests, ::testing::UnorderedElementsAre(
                           sbom.manifest.content_descriptor().digest(),
                           list.manifest().content_descriptor().digest()));
}

TEST_F(UpstreamSignaturesTest, AListThatCannotBeReadIsLeftWhereItIs) {
  v1::UpstreamArtifact& list = *Pause().add_signatures();
  list.set_tag(evidence::ReferrersTag(Top()));
  *list.mutable_manifest() = oci::MakeDocument(oci::kOciIndex, "[]");
  const ImageChoice choice = Choose();
  EXPECT_THAT(choice.failures, IsEmpty());
  EXPECT_THAT(choice.images.at(0).artifacts, IsEmpty());
  EXPECT_THAT(choice.notes, Contains(HasSubstr(evidence::ReferrersTag(Top()))));
}

TEST_F(UpstreamSignaturesTest, WhatRefersToTheImageIsCarriedWithItsList) {
  const evidence::Artifact sbom = evidence::MakeArtifact(
      Pause().top().content_descriptor(), evidence::kSpdxType, "{}");
  v1::UpstreamArtifact& entry = *Pause().add_signatures();
  *entry.mutable_manifest() = sbom.manifest;
  EXPECT_THAT(Choose().images.at(0).artifacts, IsEmpty());
  v1::UpstreamArtifact& list = *Pause().add_signatures();
  list.set_tag(evidence::ReferrersTag(Top()));
  *list.mutable_manifest() = evidence::MakeReferrersIndex({sbom});
  EXPECT_THAT(Choose().images.at(0).artifacts, SizeIs(2));
}

// The form that cosign has from its version 3 on.
TEST_F(UpstreamSignaturesTest, ABundleIsASignature) {
  Policy().set_require(true);
  AddBundle(*signer_, Top(), evidence::kSignaturePredicate);
  ListReferrers();
  const ImageChoice choice = Choose();
  ASSERT_THAT(choice.failures, IsEmpty());
  EXPECT_THAT(choice.images.at(0).signed_by, StartsWith("the key sha256:"));
  // It and its list.
  EXPECT_THAT(choice.images.at(0).artifacts, SizeIs(2));
}

TEST_F(UpstreamSignaturesTest, AForgedBundleFailsAndIsNamed) {
  AddBundle(*signer_, Sha256Of("another image").ToString(),
            evidence::kSignaturePredicate);
  EXPECT_EQ(Failure(), "its signature is not right: it is of another image");
  Pause().clear_signatures();
  MakeKey("other");
  AddBundle(**pki::CreateKeySigner((directory_.path() / "other").string(), ""),
            Top(), evidence::kSignaturePredicate);
  EXPECT_THAT(Failure(), HasSubstr("not by a key that the release trusts"));
  // One that is right is enough, in either form.
  Sign(Top());
  EXPECT_EQ(Failure(), "");
}

// As publishers sign who have no index yet.
TEST_F(UpstreamSignaturesTest, AnImageIsSignedWhereEachOfItsPlatformsIs) {
  Policy().set_require(true);
  SignPlatform(0);
  EXPECT_EQ(Failure(),
            "its publisher has signed single platforms of it, and not "
            "linux/arm64");
  Policy().set_require(false);
  EXPECT_EQ(Failure(), "");
  EXPECT_EQ(Choose().images.at(0).signed_by, "");
  Policy().set_require(true);
  SignPlatform(1);
  const ImageChoice choice = Choose();
  ASSERT_THAT(choice.failures, IsEmpty());
  EXPECT_THAT(choice.images.at(0).signed_by, StartsWith("the key sha256:"));
  EXPECT_THAT(choice.images.at(0).artifacts, SizeIs(2));
}

TEST_F(UpstreamSignaturesTest, BundlesOfEachPlatformAreSignatures) {
  Policy().set_require(true);
  for (int platform : {0, 1}) {
    AddBundle(*signer_, DigestOf(platform), evidence::kSignaturePredicate);
  }
  ListReferrers();
  const ImageChoice choice = Choose();
  ASSERT_THAT(choice.failures, IsEmpty());
  EXPECT_THAT(choice.images.at(0).signed_by, StartsWith("the key sha256:"));
  EXPECT_THAT(choice.images.at(0).artifacts, SizeIs(3));
}

TEST_F(UpstreamSignaturesTest, AForgedSignatureOfOnePlatformFailsAndIsNamed) {
  SignPlatform(0);
  Add(*evidence::SignImage(kName, Sha256Of("another image").ToString(),
                           *signer_),
      evidence::SignatureTag(DigestOf(1)));
  EXPECT_THAT(Failure(),
              HasSubstr(absl::StrCat("the signature of ", DigestOf(1),
                                     ", one of its platforms, is not right: it "
                                     "is of another image")));
  // That of the index covers them all; the forged one stays where it is.
  Sign(Top());
  const ImageChoice choice = Choose();
  ASSERT_THAT(choice.failures, IsEmpty());
  EXPECT_THAT(choice.images.at(0).artifacts, SizeIs(2));
  EXPECT_THAT(choice.notes, Contains(HasSubstr("of another image")));
}

TEST_F(UpstreamSignaturesTest, AnAttestationOfOnePlatformIsCheckedAndCarried) {
  const auto attest = [&](const std::string& about) {
    Pause().clear_signatures();
    const std::string statement = absl::StrCat(
        R"({"subject":[{"digest":{"sha256":")", about.substr(7), R"("}}]})");
    Add(*evidence::AttestImage(DigestOf(1), {{"x", statement}}, *signer_),
        evidence::AttestationTag(DigestOf(1)));
  };
  attest(DigestOf(1));
  EXPECT_EQ(Failure(), "");
  EXPECT_THAT(Choose().images.at(0).artifacts, SizeIs(1));
  attest(DigestOf(0));
  EXPECT_THAT(Failure(), HasSubstr("its attestation is not right"));
}

TEST_F(UpstreamSignaturesTest, AnAttestationIsNoSignature) {
  Policy().set_require(true);
  AddBundle(*signer_, Top(), "https://slsa.dev/provenance/v1");
  EXPECT_EQ(Failure(), "its publisher has not signed it");
}

TEST_F(UpstreamSignaturesTest, ABundleByNobodyWhoIsTrustedStaysWhereItIs) {
  Sign(Top());
  MakeKey("other");
  AddBundle(**pki::CreateKeySigner((directory_.path() / "other").string(), ""),
            Top(), "https://slsa.dev/provenance/v1");
  AddBundle(*signer_, Top(), "https://spdx.dev/Document");
  ListReferrers();
  const ImageChoice choice = Choose();
  ASSERT_THAT(choice.failures, IsEmpty());
  EXPECT_THAT(choice.notes, Contains(HasSubstr("not by a key")));
  // The signature, the attestation that is trusted, and a list of that alone:
  // who reads a list asks for all that it names.
  ASSERT_THAT(choice.images.at(0).artifacts, SizeIs(3));
  for (const CarriedArtifact& artifact : choice.images.at(0).artifacts) {
    if (artifact.tag != evidence::ReferrersTag(Top())) continue;
    const auto listed = oci::ParseReferrers(
        artifact.document.content(),
        artifact.document.content_descriptor().media_type());
    ASSERT_TRUE(listed.ok()) << listed.status();
    EXPECT_THAT(*listed, SizeIs(1));
  }
}

TEST_F(UpstreamSignaturesTest, WhatIsLeftBehindIsNoted) {
  v1::UpstreamArtifact& large = *Pause().add_signatures();
  large.set_tag(evidence::AttestationTag(Top()));
  large.set_left_out("too large");
  const ImageChoice choice = Choose();
  EXPECT_THAT(choice.failures, IsEmpty());
  EXPECT_THAT(choice.notes, Contains(HasSubstr("too large")));
  // A signature that cannot be checked is none.
  large.set_tag(evidence::SignatureTag(Top()));
  EXPECT_THAT(Failure(), HasSubstr("too large"));
}

}  // namespace
}  // namespace kso::coordinator
