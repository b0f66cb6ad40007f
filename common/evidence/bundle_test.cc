// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/bundle.h"

#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/bytes/digest.h"
#include "common/evidence/envelope.h"
#include "common/evidence/upstream_check.h"
#include "common/oci/documents.h"
#include "common/oci/media_types.h"
#include "common/pki/signer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/fakes/identity_authority.h"

namespace kso::evidence {
namespace {

using ::testing::HasSubstr;
using testing::IdentityAuthority;
using ::testing::StartsWith;

constexpr char kType[] = "application/vnd.dev.sigstore.bundle.v0.3+json";
constexpr char kIdentity[] = "https://github.com/ours/tool/release.yml";

// The bundle that `cosign sign --new-bundle-format` 2.6.1 left beside an image,
// the image's digest, and the key's public half.
constexpr char kCosignsBundle[] =
    R"({"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","veri)"
    R"(ficationMaterial":{"publicKey":{"hint":"BCWErLOMwBR5AwF+errbP6Y3ZN)"
    R"(5KqWUbuA7clkTwGxI="}},"dsseEnvelope":{"payload":"eyJfdHlwZSI6Imh0d)"
    R"(HBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJkaWdlc3Q)"
    R"(iOnsic2hhMjU2IjoiMGE3MTdmZDljMzNkYzdiZjY0YzhmYTc5YjVmMmI4ODlhNzQxY)"
    R"(TA4ODdhOGZkMDg1MTA3M2YyNGQyODkzMDJkNyJ9fV0sInByZWRpY2F0ZVR5cGUiOiJ)"
    R"(odHRwczovL3NpZ3N0b3JlLmRldi9jb3NpZ24vc2lnbi92MSJ9","payloadType":")"
    R"(application/vnd.in-toto+json","signatures":[{"sig":"MEUCIH9v9mV7vM)"
    R"(sIZ/1T8ZJGCiUsrP2tiq7Zra/ft5LPQatKAiEA9M0yrgK935Te6D5/dnO6k7ATfuSI)"
    R"(PV1EYuEr/Hp1eq8="}]}})";
constexpr char kCosignsDigest[] =
    "sha256:0a717fd9c33dc7bf64c8fa79b5f2b889a741a0887a8fd0851073f24d289302d7";
constexpr char kCosignsKey[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9y6rZhhjEDsQOscXc+BNY3TaN7Y4\n"
    "X5wTMEw0h/ndyNrtEZcLZ3tRjQ9Dgn1zZ372QVH6tyDLIrM/h+u9BCioYg==\n"
    "-----END PUBLIC KEY-----\n";

UpstreamImage ArtifactOf(const std::string& bundle,
                         const std::string& type = kType) {
  UpstreamImage artifact;
  artifact.contents = {oci::MakeDocument(type, bundle)};
  const oci::DocumentJson manifest = {
      {"schemaVersion", 2},
      {"config",
       oci::DescriptorJson(
           oci::MakeDocument("application/json", "{}").content_descriptor())},
      {"layers",
       {oci::DescriptorJson(artifact.contents[0].content_descriptor())}}};
  artifact.manifest = oci::MakeDocument(oci::kOciManifest, manifest.dump());
  return artifact;
}

std::vector<v1::SignatureTrust> TrustIn(const std::string& key) {
  v1::SignatureTrust trust;
  trust.add_keys(key);
  return {trust};
}

// Returns whose the bundle is, or else why it is nobody's who counts.
std::string Check(const UpstreamImage& artifact, const std::string& digest,
                  const std::vector<v1::SignatureTrust>& trust) {
  const auto by = CheckUpstreamBundle(artifact, digest, trust);
  return by.ok() ? *by : std::string(by.status().message());
}

TEST(BundleTest, CosignsOwnIsRead) {
  const UpstreamImage artifact = ArtifactOf(kCosignsBundle);
  EXPECT_TRUE(IsBundle(artifact));
  EXPECT_EQ(*ClaimedType(artifact), kSignaturePredicate);
  EXPECT_THAT(Check(artifact, kCosignsDigest, TrustIn(kCosignsKey)),
              StartsWith("the key sha256:"));
  EXPECT_EQ(
      Check(artifact, Sha256Of("another").ToString(), TrustIn(kCosignsKey)),
      "it is of another image");
  EXPECT_THAT(Check(artifact, kCosignsDigest, {}), HasSubstr("no signature"));
}

TEST(BundleTest, WhatIsChangedIsNoSignature) {
  const std::string text = kCosignsBundle;
  const nlohmann::json good = nlohmann::json::parse(text);
  nlohmann::json bad = good;
  bad["dsseEnvelope"]["payload"] =
      absl::Base64Escape(R"({"predicateType":"x","subject":[]})");
  EXPECT_THAT(
      Check(ArtifactOf(bad.dump()), kCosignsDigest, TrustIn(kCosignsKey)),
      HasSubstr("not by a key that the release trusts"));
  bad = good;
  bad["dsseEnvelope"]["payloadType"] = "text/plain";
  EXPECT_THAT(
      Check(ArtifactOf(bad.dump()), kCosignsDigest, TrustIn(kCosignsKey)),
      HasSubstr("not by a key that the release trusts"));
  UpstreamImage artifact = ArtifactOf(text);
  artifact.contents[0].mutable_content()->append(" ");
  EXPECT_THAT(Check(artifact, kCosignsDigest, TrustIn(kCosignsKey)),
              HasSubstr("not that of its digest"));
  artifact.contents.clear();
  EXPECT_THAT(Check(artifact, kCosignsDigest, TrustIn(kCosignsKey)),
              HasSubstr("is missing"));
}

TEST(BundleTest, OtherDocumentsAreNoBundles) {
  EXPECT_FALSE(IsBundle(ArtifactOf(kCosignsBundle, "application/spdx+json")));
  EXPECT_TRUE(IsBundle(ArtifactOf(
      kCosignsBundle, "application/vnd.dev.sigstore.bundle+json;version=0.1")));
  for (const char* odd :
       {"", "[]", "{}", R"({"dsseEnvelope":{},"verificationMaterial":{}})",
        R"({"dsseEnvelope":{"signatures":[]},"verificationMaterial":{}})",
        R"({"dsseEnvelope":[],"verificationMaterial":[]})",
        R"({"messageSignature":{},"verificationMaterial":{}})",
        (R"({"dsseEnvelope":{"signatures":[1],"payload":"e30="},)"
         R"("verificationMaterial":{"certificate":1,"tlogEntries":[1]}})")}) {
    EXPECT_FALSE(ReadBundle(odd).ok() &&
                 CheckUpstreamBundle(ArtifactOf(odd), kCosignsDigest,
                                     TrustIn(kCosignsKey))
                     .ok())
        << odd;
  }
}

class IdentitysBundleTest : public ::testing::Test {
 protected:
  IdentitysBundleTest() {
    certificate_ = authority_.Certify(absl::StrCat("URI:", kIdentity));
    trust_.set_identity("https://github.com/ours/*");
    trust_.set_issuer(IdentityAuthority::kIssuer);
    trust_.set_roots(authority_.roots());
    trust_.set_log_key(authority_.log_key());
    statement_ = {
        {"_type", "https://in-toto.io/Statement/v1"},
        {"subject", {{{"digest", {{"sha256", Sha256Of("image").hex()}}}}}},
        {"predicateType", std::string(kSignaturePredicate)}};
    const auto key = *pki::CreateKeySigner(authority_.key_file(), "");
    envelope_ = nlohmann::json::parse(
        *SignEnvelope(kStatementType, statement_.dump(), *key));
  }

  std::string Der() const {
    return absl::StrReplaceAll(certificate_,
                               {{"-----BEGIN CERTIFICATE-----", ""},
                                {"-----END CERTIFICATE-----", ""},
                                {"\n", ""}});
  }

  // The bundle, which the log has as an entry about `signature`.
  UpstreamImage Bundle(const std::string& signature) const {
    const nlohmann::json body = {
        {"apiVersion", "0.0.1"},
        {"kind", "dsse"},
        {"spec",
         {{"payloadHash",
           {{"algorithm", "sha256"},
            {"value", Sha256Of(statement_.dump()).hex()}}},
          {"signatures",
           {{{"signature", signature},
             {"verifier", absl::Base64Escape(certificate_)}}}}}}};
    const int64_t time = std::time(nullptr) + 5;
    const IdentityAuthority::Entry entry =
        authority_.Enter(body, time, /*log_id=*/"616263");
    const nlohmann::json bundle = {
        {"mediaType", kType},
        {"dsseEnvelope", envelope_},
        {"verificationMaterial",
         {{"certificate", {{"rawBytes", Der()}}},
          {"tlogEntries",
           {{{"logIndex", "7"},
             {"logId", {{"keyId", absl::Base64Escape("abc")}}},
             {"integratedTime", absl::StrCat(time)},
             {"inclusionPromise", {{"signedEntryTimestamp", entry.signature}}},
             {"canonicalizedBody", entry.payload["body"]}}}}}}};
    return ArtifactOf(bundle.dump());
  }
  std::string Signature() const {
    return envelope_["signatures"][0]["sig"].get<std::string>();
  }

  IdentityAuthority authority_;
  std::string certificate_;
  v1::SignatureTrust trust_;
  nlohmann::json statement_;
  nlohmann::json envelope_;
};

TEST_F(IdentitysBundleTest, AnIdentityIsNamed) {
  const std::string digest = Sha256Of("image").ToString();
  EXPECT_EQ(Check(Bundle(Signature()), digest, {trust_}),
            absl::StrCat("the identity https://github.com/ours/* at ",
                         IdentityAuthority::kIssuer));
  EXPECT_EQ(Check(Bundle(Signature()), Sha256Of("other").ToString(), {trust_}),
            "it is of another image");
  trust_.set_identity("https://github.com/theirs/*");
  EXPECT_THAT(Check(Bundle(Signature()), digest, {trust_}),
              HasSubstr(absl::StrCat("another identity, ", kIdentity)));
}

// Rekor 2 leaves that to authorities of timestamps, which are not read.
TEST_F(IdentitysBundleTest, ALogThatSignsNoTimeIsSaidToBeOneWithWhatToDo) {
  UpstreamImage artifact = Bundle(Signature());
  nlohmann::json bundle = nlohmann::json::parse(artifact.contents[0].content());
  nlohmann::json& material = bundle["verificationMaterial"];
  nlohmann::json& entry = material["tlogEntries"][0];
  for (const char* of_rekor_1 :
       {"inclusionPromise", "integratedTime", "logId"}) {
    entry.erase(of_rekor_1);
  }
  entry["kindVersion"] = {{"kind", "dsse"}, {"version", "0.0.2"}};
  entry["inclusionProof"] = {{"checkpoint", {{"envelope", "log\n7\n"}}}};
  material["timestampVerificationData"] = {
      {"rfc3161Timestamps", {{{"signedTimestamp", "MAA="}}}}};
  artifact = ArtifactOf(bundle.dump());
  const std::string why =
      Check(artifact, Sha256Of("image").ToString(), {trust_});
  EXPECT_THAT(why, HasSubstr("Rekor 2"));
  EXPECT_THAT(why, HasSubstr("take it out of images.signatures.trust"));
  // A key needs no log.
  EXPECT_THAT(
      Check(ArtifactOf(kCosignsBundle), kCosignsDigest, TrustIn(kCosignsKey)),
      StartsWith("the key sha256:"));
}

TEST_F(IdentitysBundleTest, TheLogsEntryIsAboutThisVerySignature) {
  const std::string digest = Sha256Of("image").ToString();
  EXPECT_THAT(Check(Bundle(absl::Base64Escape("x")), digest, {trust_}),
              HasSubstr("entry is about another signature"));
  trust_.set_log_key(authority_.log_key());
  statement_["predicateType"] = "another";
  EXPECT_THAT(Check(Bundle(Signature()), digest, {trust_}),
              HasSubstr("entry is about another signature"));
}

}  // namespace
}  // namespace kso::evidence
