// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/upstream_check.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/bytes/digest.h"
#include "common/evidence/cosign.h"
#include "common/files/small_file.h"
#include "common/oci/reference.h"
#include "common/pki/signer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/shell.h"
#include "tests/fakes/temp_directory.h"

namespace kso::evidence {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kName[] = "registry.k8s.io/pause";

// A key pair of a publisher.
struct KeyPair {
  std::unique_ptr<pki::Signer> signer;
  std::string public_key;
};

class UpstreamCheckTest : public ::testing::Test {
 protected:
  UpstreamCheckTest() : key_(MakeKey("ours", kEc)) {}

  static constexpr char kEc[] = "EC -pkeyopt ec_paramgen_curve:P-256";

  KeyPair MakeKey(const std::string& name, const std::string& kind) const {
    const std::string path = (directory_.path() / name).string();
    testing::Shell(absl::StrCat("openssl genpkey -algorithm ", kind, " -out ",
                                path, " 2>&1 && openssl pkey -in ", path,
                                " -pubout -out ", path, ".pub"));
    return {*pki::CreateKeySigner(path, ""),
            *ReadSmallFile(path + ".pub", 1 << 16)};
  }

  static UpstreamImage Of(const CosignImage& made) {
    UpstreamImage image;
    image.manifest = made.manifest;
    // The last blob is the config.
    image.contents = {made.blobs.begin(), made.blobs.end() - 1};
    return image;
  }

  UpstreamImage Signed(const KeyPair& key, const std::string& name = kName,
                       const std::string& digest = TheDigest()) const {
    return Of(*SignImage(name, digest, *key.signer));
  }

  std::vector<v1::SignatureTrust> Trust(const std::string& key) const {
    v1::SignatureTrust trust;
    trust.add_images("registry.k8s.io/*");
    trust.add_keys(key);
    return {trust};
  }

  static std::string TheDigest() { return Sha256Of("the image").ToString(); }

  // Returns who has signed it, or else why nobody counts.
  std::string Check(const UpstreamImage& signatures,
                    const std::vector<v1::SignatureTrust>& trust) const {
    const auto by =
        CheckUpstreamSignature(signatures, image_, TheDigest(), trust);
    return by.ok() ? *by : std::string(by.status().message());
  }

  testing::TempDirectory directory_;
  KeyPair key_;
  oci::Reference image_ = *oci::Reference::Parse("registry.k8s.io/pause:3.9");
};

TEST_F(UpstreamCheckTest, ATrustedKeyIsNamed) {
  for (const char* kind : {kEc, "ED25519", "RSA"}) {
    const KeyPair key = MakeKey("other", kind);
    std::vector<v1::SignatureTrust> trust = Trust(key_.public_key);
    trust[0].add_keys(key.public_key);
    EXPECT_THAT(Check(Signed(key), trust), StartsWith("the key sha256:"))
        << kind;
    EXPECT_THAT(Check(Signed(key_), trust), StartsWith("the key sha256:"));
  }
}

TEST_F(UpstreamCheckTest, AnotherKeyIsNotTrusted) {
  EXPECT_THAT(Check(Signed(MakeKey("other", kEc)), Trust(key_.public_key)),
              HasSubstr("not by a key that the release trusts"));
  EXPECT_THAT(Check(Signed(key_), {}), HasSubstr("no signature"));
}

// Whoever may push there can copy a signature to where another one belongs.
TEST_F(UpstreamCheckTest, ASignatureOfAnotherImageIsNone) {
  const std::string other = Sha256Of("another image").ToString();
  EXPECT_EQ(Check(Signed(key_, kName, other), Trust(key_.public_key)),
            absl::StrCat("it is of another image, ", other, ", not of ",
                         TheDigest()));
}

TEST_F(UpstreamCheckTest, ASignatureOfAnotherRepositoryIsNone) {
  const UpstreamImage moved = Signed(key_, "gcr.io/k8s-staging/pause");
  std::vector<v1::SignatureTrust> trust = Trust(key_.public_key);
  EXPECT_EQ(Check(moved, trust),
            "it is for another repository, gcr.io/k8s-staging/pause");
  trust[0].add_signed_as("gcr.io/k8s-staging/*");
  EXPECT_THAT(Check(moved, trust), StartsWith("the key"));
  // A name with a tag or without its host's full form is the same repository.
  EXPECT_THAT(Check(Signed(key_, "registry.k8s.io/pause:3.9"), trust),
              StartsWith("the key"));
  EXPECT_THAT(Check(Signed(key_, "not a name"), trust),
              HasSubstr("another repository, not a name"));
}

TEST_F(UpstreamCheckTest, AForgedPayloadIsNone) {
  UpstreamImage forged = Signed(key_);
  std::string& payload = *forged.contents[0].mutable_content();
  payload.replace(payload.find("pause"), 5, "paUse");
  EXPECT_THAT(Check(forged, Trust(key_.public_key)),
              HasSubstr("not that of its digest"));
  forged.contents.clear();
  EXPECT_THAT(Check(forged, Trust(key_.public_key)), HasSubstr("missing"));
}

TEST_F(UpstreamCheckTest, AnAttestationIsByATrustedKeyAndAboutTheImage) {
  const std::string statement = absl::StrCat(
      R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"x",)"
      R"("digest":{"sha256":")",
      Sha256Of("the image").hex(),
      R"("}}],"predicateType":"https://spdx.dev/Document","predicate":{}})");
  const UpstreamImage attested = Of(*AttestImage(
      TheDigest(), {{"https://spdx.dev/Document", statement}}, *key_.signer));
  const auto check = [&](const std::string& digest, const std::string& key) {
    const auto by = CheckUpstreamAttestation(attested, digest, Trust(key));
    return by.ok() ? *by : std::string(by.status().message());
  };
  EXPECT_THAT(check(TheDigest(), key_.public_key),
              StartsWith("the key sha256:"));
  EXPECT_EQ(check(Sha256Of("x").ToString(), key_.public_key),
            "it is about another image");
  EXPECT_THAT(check(TheDigest(), MakeKey("other", kEc).public_key),
              HasSubstr("not by a key"));
}

TEST_F(UpstreamCheckTest, TrustIsThatOfTheMatchingPatterns) {
  v1::UpstreamSignatures policy;
  *policy.add_trust() = Trust("a")[0];
  policy.add_trust()->add_images("quay.io/*");
  EXPECT_THAT(TrustFor(policy, image_), SizeIs(1));
  EXPECT_THAT(TrustFor(policy, *oci::Reference::Parse("ghcr.io/x/y:1")),
              SizeIs(0));
}

}  // namespace
}  // namespace kso::evidence
