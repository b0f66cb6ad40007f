// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_DIFF_VERSION_TEXT_H_
#define KSO_COMMON_DIFF_VERSION_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace kso::diff {

// A name without what changes from version to version.
struct Unversioned {
  // The name with "*" for each version: "https://dl.k8s.io/*/kubelet". Items of
  // two releases with equal keys are the same thing.
  std::string key;
  // The versions, each once: "v1.29.5".
  std::string version;
};

// A version is two numbers or more with dots between ("1.29.5", "v3.27.3"), and
// what may follow it ("-rc.1", "+k3s1", "-eksbuild.2"). Of an image, the tag or
// digest is its version, whatever it looks like.
Unversioned WithoutVersion(absl::string_view name);

}  // namespace kso::diff

#endif  // KSO_COMMON_DIFF_VERSION_TEXT_H_
