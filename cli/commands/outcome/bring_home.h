// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_OUTCOME_BRING_HOME_H_
#define KSO_CLI_COMMANDS_OUTCOME_BRING_HOME_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "cli/carry/export_record.h"
#include "cli/context.h"
#include "cli/registry_connection.h"
#include "kso/v1/build.pb.h"

namespace kso::cli {

// Options for archives, except for `registry`.
struct BringHomeOptions {
  // The size of the archive's parts; 0 for one file.
  int64_t part_size = 0;
  // The record of what is inside the air gap already. May be null.
  const ExportRecord* since = nullptr;
  // The user's word on the registry that has the images.
  RegistryArguments registry = {};
};

// Writes a finished build's images to `destination` on this machine, which is
// no registry, from where the farm has put them. Returns lines that say where
// they are. After an interruption, the same call resumes.
absl::StatusOr<std::string> BringHome(Context& context, const v1::Build& build,
                                      const v1::Destination& destination,
                                      const BringHomeOptions& options = {});

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_OUTCOME_BRING_HOME_H_
