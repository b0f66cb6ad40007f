// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/signatures.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/verify/evidence_beside.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/bytes/byte_stream.h"
#include "common/evidence/artifact.h"
#include "common/evidence/bundle.h"
#include "common/evidence/cosign.h"
#include "common/evidence/envelope.h"
#include "common/evidence/provenance.h"
#include "common/evidence/statement.h"
#include "common/evidence/summary.h"
#include "common/oci/manifest.h"
#include "common/text/json.h"
#include "kso/v1/build.pb.h"

namespace kso::cli {
namespace {

absl::Status Push(oci::ImageStore& store, const std::string& repository,
                  const evidence::CosignImage& image) {
  for (const v1::Document& blob : image.blobs) {
    KSO_RETURN_IF_ERROR(
        store
            .PutBlob(repository, blob.content_descriptor(),
                     [&blob](int64_t offset)
                         -> absl::StatusOr<std::unique_ptr<ByteSource>> {
                       return SourceOfString(blob.content(), offset);
                     })
            .status());
  }
  return store.PutManifest(repository, image.manifest, image.tag);
}

// The statements to attest. Whoever may push can put a statement beside the
// image, and the key must vouch neither for another image nor for claims of a
// kind that no build makes.
absl::StatusOr<std::vector<evidence::Statement>> StatementsOf(
    oci::ImageStore& store, const SignedImage& image) {
  KSO_ASSIGN_OR_RETURN(
      const std::vector<EvidenceDocument> documents,
      EvidenceBeside(store, image.repository, image.index.digest()));
  v1::ImageResult subject;
  subject.set_name(image.name);
  *subject.mutable_index() = image.index;
  std::vector<evidence::Statement> statements;
  const auto add = [&](std::string_view type, std::string_view predicate) {
    statements.push_back(
        {std::string(type), evidence::MakeStatement(subject, type, predicate)});
  };
  for (const EvidenceDocument& document : documents) {
    if (document.type == evidence::kSpdxType) {
      add(evidence::kSpdxPredicate, document.content);
    } else if (document.type == evidence::kInTotoType) {
      absl::StatusOr<std::string> type =
          evidence::PredicateAbout(document.content, image.index.digest());
      if (!type.ok()) {
        return Prefixed(
            type.status(),
            "the provenance beside the image is not to be signed: ");
      }
      if (*type != evidence::kProvenancePredicate) continue;
      statements.push_back({*std::move(type), document.content});
    } else if (document.type == evidence::kSummaryType) {
      add(evidence::kSummaryPredicate,
          evidence::SummaryPredicate(document.content));
    }
  }
  return statements;
}

// The layers of a signature or attestation image, with the annotation that has
// their signature.
struct SignedLayer {
  v1::Descriptor blob;
  std::string annotation;
};

absl::StatusOr<std::vector<SignedLayer>> LayersAt(oci::ImageStore& store,
                                                  const std::string& repository,
                                                  const std::string& tag) {
  KSO_ASSIGN_OR_RETURN(const v1::Document document,
                       store.GetManifest(repository, tag));
  KSO_ASSIGN_OR_RETURN(
      const oci::Manifest manifest,
      oci::ParseManifest(document.content(),
                         document.content_descriptor().media_type()));
  KSO_ASSIGN_OR_RETURN(const Json json, ParseJson(document.content()));
  std::vector<SignedLayer> layers;
  for (size_t i = 0; i < manifest.layers.size(); ++i) {
    SignedLayer& layer = layers.emplace_back();
    layer.blob = manifest.layers[i];
    KSO_ASSIGN_OR_RETURN(const Json* annotations,
                         FieldOf(json["layers"][i], "annotations"));
    if (annotations != nullptr) {
      layer.annotation = StringOf(*annotations, evidence::kSignatureAnnotation);
    }
  }
  return layers;
}

// The signatures that cosign keeps under a tag of their own.
absl::Status CheckTaggedSignature(oci::ImageStore& store,
                                  const SignedImage& image,
                                  const std::string& public_key) {
  const absl::StatusOr<std::vector<SignedLayer>> layers = LayersAt(
      store, image.repository, evidence::SignatureTag(image.index.digest()));
  if (absl::IsNotFound(layers.status())) {
    return absl::NotFoundError("the image is not signed");
  }
  KSO_RETURN_IF_ERROR(layers.status());
  absl::Status wrong = absl::DataLossError("the image has no signature");
  for (const SignedLayer& layer : *layers) {
    KSO_ASSIGN_OR_RETURN(const std::string payload,
                         ReadEvidence(store, image.repository, layer.blob));
    const absl::Status checked = evidence::VerifySimpleSigning(
        payload, layer.annotation, image.index.digest(), public_key);
    if (checked.ok() || absl::IsInvalidArgument(checked)) return checked;
    wrong = checked;
  }
  return wrong;
}

// The statement of a bundle about the image, by the key.
absl::StatusOr<evidence::Statement> StatementIn(const evidence::Bundle& bundle,
                                                const SignedImage& image,
                                                const std::string& public_key) {
  evidence::Statement statement;
  KSO_ASSIGN_OR_RETURN(
      statement.json,
      evidence::OpenEnvelope(bundle.envelope, evidence::kStatementType,
                             public_key));
  KSO_ASSIGN_OR_RETURN(
      statement.predicate_type,
      evidence::PredicateAbout(statement.json, image.index.digest()));
  return statement;
}

// Adds what the key has attested under the tag that cosign keeps for that, all
// of which has to be by it.
absl::Status AddTaggedStatements(oci::ImageStore& store,
                                 const SignedImage& image,
                                 const std::string& public_key,
                                 std::vector<evidence::Statement>& statements) {
  const absl::StatusOr<std::vector<SignedLayer>> layers = LayersAt(
      store, image.repository, evidence::AttestationTag(image.index.digest()));
  if (absl::IsNotFound(layers.status())) return absl::OkStatus();
  KSO_RETURN_IF_ERROR(layers.status());
  for (const SignedLayer& layer : *layers) {
    KSO_ASSIGN_OR_RETURN(const std::string envelope,
                         ReadEvidence(store, image.repository, layer.blob));
    absl::StatusOr<std::string> statement =
        evidence::OpenEnvelope(envelope, evidence::kStatementType, public_key);
    if (!statement.ok()) {
      return Prefixed(statement.status(), "an attestation: ");
    }
    KSO_ASSIGN_OR_RETURN(
        std::string type,
        evidence::PredicateAbout(*statement, image.index.digest()));
    statements.push_back({std::move(type), *std::move(statement)});
  }
  return absl::OkStatus();
}

// The statements about the image by the key, which has signed it, too. Bundles
// of others say nothing: anybody who pushes may add one.
absl::StatusOr<std::vector<evidence::Statement>> AttestedBy(
    oci::ImageStore& store, const SignedImage& image,
    const std::string& public_key) {
  absl::Status signature = CheckTaggedSignature(store, image, public_key);
  KSO_ASSIGN_OR_RETURN(
      const std::vector<evidence::Bundle> bundles,
      BundlesBeside(store, image.repository, image.index.digest()));
  std::vector<evidence::Statement> statements;
  for (const evidence::Bundle& bundle : bundles) {
    absl::StatusOr<evidence::Statement> statement =
        StatementIn(bundle, image, public_key);
    const bool signs = bundle.claimed_type == evidence::kSignaturePredicate;
    if (signs && (statement.ok() || absl::IsNotFound(signature))) {
      signature = statement.status();
    }
    if (!signs && statement.ok()) statements.push_back(*std::move(statement));
  }
  KSO_RETURN_IF_ERROR(signature);
  KSO_RETURN_IF_ERROR(
      AddTaggedStatements(store, image, public_key, statements));
  return statements;
}

}  // namespace

absl::StatusOr<SignedImage> FindSignedImage(oci::ImageStore& store,
                                            const oci::Reference& reference) {
  SignedImage image;
  image.name = reference.Name();
  image.repository = reference.path;
  KSO_ASSIGN_OR_RETURN(
      image.index, store.HeadManifest(reference.path, reference.Identifier()));
  return image;
}

absl::StatusOr<Signed> SignInRegistry(oci::ImageStore& store,
                                      const SignedImage& image,
                                      pki::Signer& signer, bool replace) {
  const std::string& digest = image.index.digest();
  Signed done;
  done.signature_tag = evidence::SignatureTag(digest);
  const absl::StatusOr<v1::Descriptor> existing =
      store.HeadManifest(image.repository, done.signature_tag);
  if (existing.ok() && !replace) {
    return absl::AlreadyExistsError(
        absl::StrCat(image.name, "@", digest,
                     " is signed already; --replace puts this signature in "
                     "the place of those that it has"));
  }
  if (!existing.ok() && !absl::IsNotFound(existing.status())) {
    return existing.status();
  }
  KSO_ASSIGN_OR_RETURN(const std::vector<evidence::Statement> statements,
                       StatementsOf(store, image));
  KSO_ASSIGN_OR_RETURN(const evidence::CosignImage signature,
                       evidence::SignImage(image.name, digest, signer));
  if (!statements.empty()) {
    KSO_ASSIGN_OR_RETURN(const evidence::CosignImage attestation,
                         evidence::AttestImage(digest, statements, signer));
    KSO_RETURN_IF_ERROR(Push(store, image.repository, attestation));
    done.attestation_tag = attestation.tag;
    for (const evidence::Statement& statement : statements) {
      done.predicates.push_back(statement.predicate_type);
    }
  }
  KSO_RETURN_IF_ERROR(Push(store, image.repository, signature));
  return done;
}

absl::StatusOr<std::vector<std::string>> CheckSignatures(
    oci::ImageStore& store, const SignedImage& image,
    const std::string& public_key) {
  KSO_ASSIGN_OR_RETURN(const std::vector<evidence::Statement> attested,
                       AttestedBy(store, image, public_key));
  std::vector<std::string> predicates;
  for (const evidence::Statement& statement : attested) {
    predicates.push_back(statement.predicate_type);
  }
  return predicates;
}

absl::StatusOr<std::string> ReadSummary(oci::ImageStore& store,
                                        const SignedImage& image) {
  KSO_ASSIGN_OR_RETURN(
      std::vector<EvidenceDocument> documents,
      EvidenceBeside(store, image.repository, image.index.digest()));
  for (EvidenceDocument& document : documents) {
    if (document.type == evidence::kSummaryType) {
      return std::move(document.content);
    }
  }
  return absl::NotFoundError("there is no summary beside the image");
}

absl::StatusOr<std::string> ReadAttestedSummary(oci::ImageStore& store,
                                                const SignedImage& image,
                                                const std::string& public_key) {
  KSO_ASSIGN_OR_RETURN(const std::vector<evidence::Statement> attested,
                       AttestedBy(store, image, public_key));
  for (const evidence::Statement& statement : attested) {
    if (statement.predicate_type == evidence::kSummaryPredicate) {
      return evidence::SummaryInStatement(statement.json);
    }
  }
  return absl::NotFoundError("the key has attested no summary of the image");
}

}  // namespace kso::cli
