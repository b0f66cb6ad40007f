// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_RENDER_PLUGIN_H_
#define KSO_CLI_LISTS_RENDER_PLUGIN_H_

#include <string_view>

namespace kso::cli {

// The text of kso_render.py, which ksoctl hands to Ansible.
extern const std::string_view kRenderPlugin;

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_RENDER_PLUGIN_H_
