// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_BASE_WORDS_H_
#define KSO_COORDINATOR_CORE_BASE_WORDS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/types.pb.h"

namespace kso::coordinator {

// How the coordinator puts things to people.

// "12.3 MiB", "812 B".
std::string BytesInWords(int64_t bytes);
// "1.2 s", "3 min 20 s".
std::string DurationInWords(absl::Duration duration);
// "1 file", "2 files".
std::string Count(int64_t count, std::string_view noun);
// "linux/arm64", "linux/arm/v7"; empty for no platform.
std::string PlatformInWords(const v1::Platform& platform);
// "resolve", "layers", ...
std::string PhaseInWords(v1::Phase phase);
// "https://...: 404 Not Found; remove the line (files-amd64.list:3)".
std::string FailureInWords(const v1::Failure& failure);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BASE_WORDS_H_
