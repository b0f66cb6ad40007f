#ifndef KSO_CLI_BRING_HOME_H_
#define KSO_CLI_BRING_HOME_H_

#include "absl/status/status.h"
#include "cli/context.h"
#include "kso/v1/build.pb.h"

namespace kso::cli {

// Fetches a finished build's images from the coordinator's blob store and
// writes them to `destination`, which is no registry. Each tag becomes a
// reference name "kubespray-files:v0.1.0-2.25.1" (OCI image layout,
// index.json).
absl::Status BringHome(Context& context, const v1::Build& build,
                       const v1::Destination& destination);

}  // namespace kso::cli

#endif  // KSO_CLI_BRING_HOME_H_
