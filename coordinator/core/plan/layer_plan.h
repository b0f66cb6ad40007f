// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_LAYER_PLAN_H_
#define KSO_COORDINATOR_CORE_PLAN_LAYER_PLAN_H_

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/core/base/task_factory.h"
#include "coordinator/core/plan/image_choice.h"
#include "coordinator/core/plan/plan.h"
#include "coordinator/core/plan/plan_history.h"

namespace kso::coordinator {

// Steps that the plans of both images have in common.

// A layer's name for people: "kubelet kubectl kubeadm and 4 more (amd64)".
std::string LayerTitle(const std::vector<std::string>& names,
                       std::string_view architectures);

// Adds a MakeLayer task and its line of the summary; returns its id. Where
// `history` has the very layer, the task is done already.
std::string AddLayer(v1::Task task, const PlanHistory& history, Plan& plan);

// Adds a MakeLayer task that is done already by `layer`, of `size` bytes, which
// holds the task's members and maybe others that no image wants. Should the
// layer vanish from the destination, the task makes one of its members alone.
std::string AddKeptLayer(v1::Task task, const v1::LayerRemembered& layer,
                         int64_t size, Plan& plan);

// Adds the task that brings the base's layers for one platform to `image`.
void AddBaseCopy(const TaskFactory& factory, std::string_view image,
                 const ChosenImage& base, const ChosenManifest& manifest,
                 const PlanHistory& history, Plan& plan);

void AddImage(std::string_view image, std::string_view tag_suffix,
              const v1::Platform& platform, const std::string& base,
              const std::vector<std::string>& layer_task_ids, Plan& plan);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_LAYER_PLAN_H_
