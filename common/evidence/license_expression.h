// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_EVIDENCE_LICENSE_EXPRESSION_H_
#define KSO_COMMON_EVIDENCE_LICENSE_EXPRESSION_H_

#include <optional>
#include <string>
#include <string_view>

namespace kso::evidence {

// The expression in `text` as SPDX 2.3 writes it (Annex D, "SPDX license
// expressions"), with identifiers in the list's own case: "Apache-2.0 AND
// (MIT OR BSD-3-Clause)". Nothing where it is none, or names a licence that is
// not known here: those of the SPDX License List that publishers of images
// state. A document with an identifier that the list lacks would not be valid.
std::optional<std::string> LicenseExpression(std::string_view text);

}  // namespace kso::evidence

#endif  // KSO_COMMON_EVIDENCE_LICENSE_EXPRESSION_H_
