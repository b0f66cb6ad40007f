#ifndef KSO_WORKER_VERIFY_RUNTIME_SPEC_H_
#define KSO_WORKER_VERIFY_RUNTIME_SPEC_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso::worker {

// The OCI runtime configuration (runtime spec, config.md) to verify an image
// with. What the image decides - process and the mounts of its volumes - is
// taken from `unpacked`, the configuration that umoci writes; the rest is what
// Docker gives a container, without resource limits and cgroups, so that it
// also runs where those cannot be set. The network namespace is new and has a
// loopback only.
absl::StatusOr<std::string> MakeRuntimeSpec(std::string_view unpacked);

}  // namespace kso::worker

#endif  // KSO_WORKER_VERIFY_RUNTIME_SPEC_H_
