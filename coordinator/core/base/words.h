// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_BASE_WORDS_H_
#define KSO_COORDINATOR_CORE_BASE_WORDS_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/text/text.h"  // IWYU pragma: export
#include "kso/v1/build.pb.h"
#include "kso/v1/types.pb.h"

namespace kso::coordinator {

// How the coordinator puts things to people, besides common/text/text.h.

// "1.2 s", "3 min 20 s".
std::string DurationInWords(absl::Duration duration);
// "linux/arm64", "linux/arm/v7"; empty for no platform.
std::string PlatformInWords(const v1::Platform& platform);
// "resolve", "layers", ...
std::string PhaseInWords(v1::Phase phase);
// "https://...: 404 Not Found; remove the line (files-amd64.list:3)".
std::string FailureInWords(const v1::Failure& failure);
// The same where `name`, which stands before it, may name the item already.
std::string TroubleInWords(std::string_view name, const v1::Failure& failure);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BASE_WORDS_H_
