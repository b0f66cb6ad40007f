// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_GRAMMAR_H_
#define KSO_COMMON_OCI_GRAMMAR_H_

#include <string_view>

namespace kso::oci {

// These functions check the parts of image references that come from elsewhere,
// by the grammar of github.com/distribution/reference. A part that passes is
// safe in URLs and paths.

bool IsValidTag(std::string_view text);
// A repository path such as "team/kubespray-files", without host.
bool IsValidRepositoryPath(std::string_view text);
// "HOST[:PORT]".
bool IsValidHost(std::string_view text);

// Returns whether the first component of a reference is meant as a host:
// Docker's rule is that it has a dot or a colon, or is "localhost".
bool LooksLikeHost(std::string_view component);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_GRAMMAR_H_
