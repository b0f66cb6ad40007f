// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_EVIDENCE_H_
#define KSO_COORDINATOR_REGISTRY_EVIDENCE_H_

#include <vector>

#include "coordinator/engine/build_actions.h"
#include "coordinator/registry/assembly.h"
#include "kso/v1/build.pb.h"

namespace kso::coordinator {

// The documents of the evidence about an image that was assembled: its bill of
// materials and its provenance as artifacts, in the order in which to push
// them, and last the index that lists both. Pure; the same request gives the
// same bytes.
std::vector<DocumentPush> EvidenceOf(const AssembleRequest& request,
                                     const v1::ImageResult& image);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_EVIDENCE_H_
