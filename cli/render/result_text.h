// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RENDER_RESULT_TEXT_H_
#define KSO_CLI_RENDER_RESULT_TEXT_H_

#include <string>

#include "kso/v1/build.pb.h"

namespace kso::cli {

// The outcome of an ended build, in words, for a person: images with
// references, digests and tags; or each failure with what to do. Every line
// ends with a newline.
std::string ResultText(const v1::Build& build);

}  // namespace kso::cli

#endif  // KSO_CLI_RENDER_RESULT_TEXT_H_
