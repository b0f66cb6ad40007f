// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_RUNC_VERSION_H_
#define KSO_WORKER_SANDBOX_RUNC_VERSION_H_

#include <string>
#include <string_view>

namespace kso::worker {

// Names the published ways out of containers that a runc may have, by what
// `runc --version` says. Distributions mend holes without changing the version,
// so it is a remark and no verdict. Empty when there is nothing to say, or when
// the version cannot be read.
std::string RuncRemark(std::string_view version_output);

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_RUNC_VERSION_H_
