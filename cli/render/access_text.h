// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RENDER_ACCESS_TEXT_H_
#define KSO_CLI_RENDER_ACCESS_TEXT_H_

#include <string>

#include "absl/time/time.h"
#include "kso/v1/access.pb.h"

namespace kso::cli {

// A table of the tokens, with their state at `now`.
std::string TokensText(const v1::ListTokensResponse& tokens, absl::Time now);

// A line a deed, oldest first; times are UTC, as in the coordinator's file.
std::string AuditText(const v1::ListAuditResponse& audit);

}  // namespace kso::cli

#endif  // KSO_CLI_RENDER_ACCESS_TEXT_H_
