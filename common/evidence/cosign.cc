// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/cosign.h"

#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/evidence/artifact.h"
#include "common/evidence/envelope.h"
#include "common/oci/documents.h"
#include "common/oci/media_types.h"
#include "common/text/json.h"

namespace kso::evidence {
namespace {

using OrderedJson = oci::DocumentJson;

constexpr char kSignatureType[] = "cosign container image signature";

struct SignedLayer {
  v1::Document content;
  std::map<std::string, std::string> annotations;
};

// An image of `layers`. Its config has the layers' digests as those of images
// have those of their file systems.
CosignImage ImageOf(std::vector<SignedLayer> layers, std::string tag) {
  OrderedJson diff_ids = OrderedJson::array();
  OrderedJson descriptors = OrderedJson::array();
  CosignImage image;
  image.tag = std::move(tag);
  for (SignedLayer& layer : layers) {
    const v1::Descriptor& descriptor = layer.content.content_descriptor();
    diff_ids.push_back(descriptor.digest());
    descriptors.push_back(oci::DescriptorJson(descriptor));
    descriptors.back()["annotations"] = layer.annotations;
    image.blobs.push_back(std::move(layer.content));
  }
  const OrderedJson config = {
      {"architecture", ""},
      {"created", "1970-01-01T00:00:00Z"},
      {"os", ""},
      {"rootfs", {{"type", "layers"}, {"diff_ids", std::move(diff_ids)}}},
      {"config", OrderedJson::object()}};
  image.blobs.push_back(oci::MakeDocument(oci::kOciConfig, config.dump()));
  const OrderedJson manifest = {
      {"schemaVersion", 2},
      {"mediaType", oci::kOciManifest},
      {"config", oci::DescriptorJson(image.blobs.back().content_descriptor())},
      {"layers", std::move(descriptors)}};
  image.manifest = oci::MakeDocument(oci::kOciManifest, manifest.dump());
  return image;
}

}  // namespace

std::string SignatureTag(std::string_view digest) {
  return ReferrersTag(digest) + ".sig";
}

std::string AttestationTag(std::string_view digest) {
  return ReferrersTag(digest) + ".att";
}

std::string SimpleSigningPayload(std::string_view reference,
                                 std::string_view digest) {
  const OrderedJson payload = {
      {"critical",
       {{"identity", {{"docker-reference", reference}}},
        {"image", {{"docker-manifest-digest", digest}}},
        {"type", kSignatureType}}},
      {"optional", nullptr}};
  return payload.dump();
}

absl::StatusOr<CosignImage> SignImage(std::string_view reference,
                                      std::string_view digest,
                                      pki::Signer& signer) {
  std::string payload = SimpleSigningPayload(reference, digest);
  KSO_ASSIGN_OR_RETURN(const std::string signature, signer.Sign(payload));
  SignedLayer layer;
  layer.content = oci::MakeDocument(kSimpleSigningType, std::move(payload));
  layer.annotations[std::string(kSignatureAnnotation)] =
      absl::Base64Escape(signature);
  return ImageOf({std::move(layer)}, SignatureTag(digest));
}

absl::StatusOr<CosignImage> AttestImage(
    std::string_view digest, const std::vector<Statement>& statements,
    pki::Signer& signer) {
  std::vector<SignedLayer> layers;
  for (const Statement& statement : statements) {
    KSO_ASSIGN_OR_RETURN(std::string envelope,
                         SignEnvelope(kStatementType, statement.json, signer));
    SignedLayer& layer = layers.emplace_back();
    layer.content = oci::MakeDocument(kDsseType, std::move(envelope));
    layer.annotations = {{std::string(kSignatureAnnotation), ""},
                         {"predicateType", statement.predicate_type}};
  }
  return ImageOf(std::move(layers), AttestationTag(digest));
}

absl::StatusOr<SimpleSigning> ReadSimpleSigning(std::string_view payload) {
  KSO_ASSIGN_OR_RETURN(const Json json, ParseJson(payload));
  KSO_ASSIGN_OR_RETURN(const Json* critical, FieldOf(json, "critical"));
  const Json* image = nullptr;
  const Json* identity = nullptr;
  if (critical != nullptr) {
    KSO_ASSIGN_OR_RETURN(image, FieldOf(*critical, "image"));
    KSO_ASSIGN_OR_RETURN(identity, FieldOf(*critical, "identity"));
  }
  if (image == nullptr || identity == nullptr ||
      StringOf(*critical, "type") != kSignatureType) {
    return absl::InvalidArgumentError("this is no signature of an image");
  }
  return SimpleSigning{StringOf(*identity, "docker-reference"),
                       StringOf(*image, "docker-manifest-digest")};
}

absl::Status VerifySimpleSigning(std::string_view payload,
                                 std::string_view annotation,
                                 std::string_view digest,
                                 std::string_view public_key) {
  std::string signature;
  if (!absl::Base64Unescape(ToAbsl(annotation), &signature)) {
    return absl::DataLossError("the signature is not in base64");
  }
  KSO_RETURN_IF_ERROR(pki::VerifySignature(public_key, payload, signature));
  const absl::StatusOr<SimpleSigning> claims = ReadSimpleSigning(payload);
  if (claims.ok() && claims->digest == digest) return absl::OkStatus();
  return absl::DataLossError("the signature is of another image");
}

}  // namespace kso::evidence
