// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_EVIDENCE_CHECK_H_
#define KSO_CLI_VERIFY_EVIDENCE_CHECK_H_

#include <string>
#include <vector>

#include "cli/verify/evidence_beside.h"
#include "cli/verify/findings.h"
#include "common/closure/release_index.h"

namespace kso::cli {

// Compares what a build of kso's left beside the image `digest` with the image:
// its bill of materials and its provenance are of this very image, and the bill
// names each file of `index`, which may be null. That says that they belong
// together, and not who made them: that is for signatures. Documents of others
// are passed over.
void CheckEvidence(const std::vector<EvidenceDocument>& documents,
                   const std::string& digest,
                   const closure::ReleaseIndex* index, Findings& findings);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_EVIDENCE_CHECK_H_
