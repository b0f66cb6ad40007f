// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_EVIDENCE_ARTIFACT_H_
#define KSO_COMMON_EVIDENCE_ARTIFACT_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kso/v1/types.pb.h"

namespace kso::evidence {

// The types of evidence about an image.
inline constexpr std::string_view kSpdxType = "application/spdx+json";
inline constexpr std::string_view kInTotoType = "application/vnd.in-toto+json";
inline constexpr std::string_view kDsseType =
    "application/vnd.dsse.envelope.v1+json";

// A document about an image, as an OCI artifact: a manifest whose `subject` is
// the image and whose only layer is the document (OCI image spec 1.1,
// manifest.md, "Guidelines for Artifact Usage"). The same arguments give the
// same bytes.
struct Artifact {
  // The blob "{}", the config of artifacts that need none.
  v1::Document config;
  v1::Document content;
  v1::Document manifest;
  // The facts that referrers state of it besides (OCI distribution spec,
  // "Listing Referrers").
  std::string type;
  std::map<std::string, std::string> annotations;
};

Artifact MakeArtifact(const v1::Descriptor& subject, std::string_view type,
                      std::string content,
                      std::map<std::string, std::string> annotations = {});

// The index that stands for a registry's list of referrers where it has no API
// for it, under ReferrersTag (OCI distribution spec, "Referrers Tag Schema").
v1::Document MakeReferrersIndex(const std::vector<Artifact>& artifacts);

// "sha256-HEX" for the image "sha256:HEX". `digest` has been checked.
std::string ReferrersTag(std::string_view digest);

// Returns whether a tag names evidence about an image rather than an image:
// ReferrersTag, and cosign's (cosign.h), which add ".sig" or ".att".
bool IsEvidenceTag(std::string_view tag);

}  // namespace kso::evidence

#endif  // KSO_COMMON_EVIDENCE_ARTIFACT_H_
