// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_CLOSURE_VARIABLES_H_
#define KSO_COMMON_CLOSURE_VARIABLES_H_

#include <string_view>

#include "absl/types/span.h"

namespace kso::closure {

// Kubespray's variables that say where it gets something from, with the values
// that it gives them itself (roles/kubespray_defaults and the roles' own
// defaults, releases 2.25.0 to 2.31.0; contrib/offline, inventory/sample).

struct Variable {
  // "github_url", "kube_image_repo".
  std::string_view name;
  // Its value outside: "https://github.com", "registry.k8s.io". It stands at
  // the beginning of URLs, or of images' names, and a '/' follows it. In a
  // pattern of whole URLs or names, '*' stands for any run of characters.
  std::string_view upstream;
  // It is a whole URL or image name, and not the beginning of some.
  bool whole = false;
  // It is set in any case. Others are set where the release has something that
  // they stand for.
  bool always = false;
};

// The variables for files, and those for images. Where several stand for the
// same, the first counts.
absl::Span<const Variable> FileVariables();
absl::Span<const Variable> ImageVariables();

// The variable for the very file that a URL names, in releases before 2.25.0,
// which have none of the prefixes. `upstream` is a pattern.
absl::Span<const Variable> DownloadVariables();

// Returns whether the variable stands for a URL, or for an image's name
// ("registry.k8s.io/pause", without tag and digest).
bool StandsFor(const Variable& variable, std::string_view name);

// The first of the variables that stands for a name; null if none does.
const Variable* FindVariable(absl::Span<const Variable> variables,
                             std::string_view name);

}  // namespace kso::closure

#endif  // KSO_COMMON_CLOSURE_VARIABLES_H_
