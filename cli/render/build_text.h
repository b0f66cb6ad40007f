// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RENDER_BUILD_TEXT_H_
#define KSO_CLI_RENDER_BUILD_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "kso/v1/build.pb.h"

namespace kso::cli {

// Builds in words, for a person. Every line ends with a newline.

// "running", "succeeded".
absl::string_view StateName(v1::Build::State state);
// "resolve", "layers".
std::string PhaseName(v1::Phase phase);

// "20:44:01  warning  worker-1: text".
std::string EventLine(const v1::Event& event);

// How far a build is, or how it ended.
std::string StatusText(const v1::Build& build, absl::Time now);

// One line a build.
std::string BuildsText(const v1::ListBuildsResponse& builds, absl::Time now);

}  // namespace kso::cli

#endif  // KSO_CLI_RENDER_BUILD_TEXT_H_
