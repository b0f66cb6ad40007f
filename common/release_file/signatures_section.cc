// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/pki/keys.h"
#include "common/release_file/sections.h"

namespace kso::release_file {
namespace {

constexpr char kKey[] = "images.signatures";
constexpr char kTrustKey[] = "images.signatures.trust";

// The content of a file in PEM, which goes with the release; empty after a
// report.
std::string ReadPem(const ReleaseInput& input, const PlacedText& name) {
  const std::filesystem::path path = input.Resolve(name.text);
  absl::StatusOr<std::string> pem = input.files->Read(path, pki::kLargestPem);
  if (pem.ok()) return *std::move(pem);
  input.problems->Add(
      name.place,
      absl::StrCat("'", path.string(), "': ", pem.status().message()),
      "paths are relative to the release file");
  return "";
}

// Reads the identity that is trusted, where one is.
void ReadIdentity(const ReleaseInput& input, const Fields& fields,
                  v1::SignatureTrust& trust) {
  const auto identity = fields.String("identity");
  if (!identity.has_value()) return;
  trust.set_identity(identity->text);
  if (const auto issuer = fields.String("issuer"); issuer.has_value()) {
    trust.set_issuer(issuer->text);
  }
  if (const auto roots = fields.String("roots"); roots.has_value()) {
    trust.set_roots(ReadPem(input, *roots));
  }
  if (const auto key = fields.String("logKey"); key.has_value()) {
    trust.set_log_key(ReadPem(input, *key));
  }
}

void ReadTrust(const ReleaseInput& input, const YamlNode& node,
               v1::UpstreamSignatures& policy) {
  for (const YamlNode& item : node.items) {
    const Fields fields(
        item, kTrustKey, input.file,
        {"images", "keys", "signedAs", "identity", "issuer", "roots", "logKey"},
        input.problems);
    if (item.kind != YamlNode::Kind::kMap) continue;
    input.places->Set(release::Field::kSignatureTrust, policy.trust_size(),
                      {input.file, item.line});
    v1::SignatureTrust& trust = *policy.add_trust();
    for (const PlacedText& pattern : fields.Strings("images")) {
      trust.add_images(pattern.text);
    }
    for (const PlacedText& pattern : fields.Strings("signedAs")) {
      trust.add_signed_as(pattern.text);
    }
    for (const PlacedText& key : fields.Strings("keys")) {
      trust.add_keys(ReadPem(input, key));
    }
    ReadIdentity(input, fields, trust);
  }
}

}  // namespace

void ReadSignaturesSection(const ReleaseInput& input, const YamlNode& node,
                           v1::Release* release) {
  const Fields fields(node, kKey, input.file, {"carry", "missing", "trust"},
                      input.problems);
  if (node.kind != YamlNode::Kind::kMap) return;
  v1::UpstreamSignatures& policy = *release->mutable_upstream_signatures();
  policy.set_carry(fields.Bool("carry", false));
  if (const auto what = fields.String("missing"); what.has_value()) {
    if (what->text != "require" && what->text != "allow") {
      input.problems->Add(
          what->place,
          absl::StrCat("'", kKey, ".missing' is '", what->text, "'"),
          "write require or allow");
    }
    policy.set_require(what->text == "require");
  }
  const YamlNode* trust = fields.Find("trust");
  if (trust == nullptr) return;
  if (trust->kind != YamlNode::Kind::kSequence) {
    input.problems->Add(fields.PlaceOf("trust"),
                        absl::StrCat("'", kTrustKey, "' should be a list"),
                        "write trust: [{images: [PATTERN], keys: [FILE]}]");
    return;
  }
  ReadTrust(input, *trust, policy);
}

}  // namespace kso::release_file
