// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_EVIDENCE_H_
#define KSO_COORDINATOR_REGISTRY_EVIDENCE_H_

#include <string>
#include <vector>

#include "coordinator/engine/build_actions.h"
#include "coordinator/registry/assembly.h"
#include "kso/v1/build.pb.h"

namespace kso::coordinator {

// The summary of the release, which is the same beside each of its images.
std::string SummaryOf(const AssembleRequest& request,
                      const std::vector<v1::ImageResult>& images);

// The documents of the evidence about an image that was assembled: its bill of
// materials, its provenance and the release's summary as artifacts, in the
// order in which to push them, and last the index that lists all. Pure; the
// same arguments give the same bytes.
std::vector<DocumentPush> EvidenceOf(const AssembleRequest& request,
                                     const v1::ImageResult& image,
                                     const std::string& summary);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_EVIDENCE_H_
