// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_UPSTREAM_SIGNATURES_H_
#define KSO_COORDINATOR_CORE_PLAN_UPSTREAM_SIGNATURES_H_

#include <string>
#include <vector>

#include "common/oci/reference.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/types.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// A signature, an attestation or their list, to be served beside its image.
struct CarriedArtifact {
  // Empty for one that is found by its digest.
  std::string tag;
  // Compared with its digest.
  v1::Document document;
  // Its config and layers; none of a list.
  std::vector<v1::Descriptor> blobs;
};

// The signatures of an image as the release's policy sees them.
struct UpstreamJudgement {
  // The reason why the policy does not let the image through; empty when it
  // does.
  std::string failure;
  // The signer, of those who are trusted for it. May be empty.
  std::string signed_by;
  // The artifacts to carry with the image; none unless the policy says so.
  std::vector<CarriedArtifact> artifacts;
  // Lines for people, such as on what is left where it is.
  std::vector<std::string> notes;
};

// Returns whether the release has a use for signatures of its images.
bool WantsSignatures(const v1::Release& release);

// Judges what a worker found beside an image, whose documents have been
// compared with their digests. Nothing of what it says is believed: tags and
// digests are compared with those that there may be, bytes with their digests.
// An image is signed by a signature of what its reference names, or by one of
// each manifest of its platforms here.
UpstreamJudgement JudgeUpstream(const v1::UpstreamSignatures& policy,
                                const oci::Reference& reference,
                                const v1::ResolvedImage& image);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_UPSTREAM_SIGNATURES_H_
