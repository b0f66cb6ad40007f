// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_FILES_IN_LAYERS_H_
#define KSO_COORDINATOR_CORE_PLAN_FILES_IN_LAYERS_H_

#include <map>
#include <string>
#include <vector>

#include "kso/v1/build.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// The files that a release wants, as its layers have them, by their paths in
// the image. Later layers cover earlier ones. A layer of an earlier release may
// hold files that are not wanted any more, or that are wanted with other
// content: these are not here. A file that no layer has is, without a digest.
std::map<std::string, v1::MadeMember> FilesInLayers(
    const v1::Release& release,
    const std::vector<const v1::MadeLayer*>& layers);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_FILES_IN_LAYERS_H_
