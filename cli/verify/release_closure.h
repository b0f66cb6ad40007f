// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_RELEASE_CLOSURE_H_
#define KSO_CLI_VERIFY_RELEASE_CLOSURE_H_

#include <vector>

#include "cli/verify/files_content.h"
#include "cli/verify/findings.h"
#include "cli/verify/registry_content.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// Tells of images whose config is for another platform than their index says: a
// note where the release, by the index of its kubespray-files, has taken the
// image so, else a problem. `files` may be null, where nothing tells.
void CheckLabels(const FilesContent* files, const RegistryContent& registry,
                 Findings& findings);

// Compares the images of a kubespray-images for `platforms` with those that the
// release's kubespray-files names: each is there with its digest and for each
// of these platforms that the release has it for, and no other is.
void CheckReleaseClosure(const FilesContent& files,
                         const RegistryContent& registry,
                         const std::vector<v1::Platform>& platforms,
                         Findings& findings);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_RELEASE_CLOSURE_H_
