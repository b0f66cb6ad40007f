// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_EVIDENCE_STATEMENT_H_
#define KSO_COMMON_EVIDENCE_STATEMENT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso::evidence {

// The type of what an in-toto statement says about the image `digest`
// (in-toto attestation framework, "Statement"). DATA_LOSS when the image is
// none of its subjects.
absl::StatusOr<std::string> PredicateAbout(std::string_view statement,
                                           std::string_view digest);

}  // namespace kso::evidence

#endif  // KSO_COMMON_EVIDENCE_STATEMENT_H_
