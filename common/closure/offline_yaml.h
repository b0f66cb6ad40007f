// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_CLOSURE_OFFLINE_YAML_H_
#define KSO_COMMON_CLOSURE_OFFLINE_YAML_H_

#include <string>

#include "kso/v1/build.pb.h"

namespace kso::closure {

// The host that stands for the server with the finished images, until the site
// writes its own.
inline constexpr char kServer[] = "SERVER";

// Kubespray's group_vars/all/offline.yml for a release: everything that
// Kubespray has to be told to find inside the air gap what the release has,
// where it asks for what the release's lists name. The same lists give the same
// bytes, whatever their order.
//
// It is YAML whose values at the top are double-quoted texts, in which
// "{{ NAME }}" stands for another of them, or lists and maps that contain such;
// offline_reader.h reads it again.
std::string OfflineYaml(const v1::Release& release);

}  // namespace kso::closure

#endif  // KSO_COMMON_CLOSURE_OFFLINE_YAML_H_
