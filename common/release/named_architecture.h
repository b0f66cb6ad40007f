// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_NAMED_ARCHITECTURE_H_
#define KSO_COMMON_RELEASE_NAMED_ARCHITECTURE_H_

#include <map>
#include <string>
#include <string_view>

namespace kso::release {

// The architectures that a file's URL or an image's name speaks of, as whole
// words in whatever case: "kata-static-3.1.3-x86_64.tar.xz" speaks of amd64. By
// OCI's name for the architecture, the word that stands for it there.
std::map<std::string, std::string> NamedArchitectures(std::string_view text);

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_NAMED_ARCHITECTURE_H_
