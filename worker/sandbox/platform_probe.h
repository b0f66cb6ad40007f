// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_PLATFORM_PROBE_H_
#define KSO_WORKER_SANDBOX_PLATFORM_PROBE_H_

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kso/v1/types.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::worker {

// The platform that this program was compiled for, and that it offers unless it
// is told another: an arm64 worker that runs by emulation offers arm64,
// emulated.
v1::Platform OwnPlatform();

// Returns whether this machine's processor runs this program itself
// (processor.h), rather than an emulator.
bool RunsNatively();

// Returns whether this machine runs programs of `platform`, found out by
// running one: a tiny program is written to `directory` and started. Native is
// what the processor runs (processor.h), whatever the worker itself is;
// everything else is emulated. Errors:
// INVALID_ARGUMENT for platforms that kso has no program for,
// FAILED_PRECONDITION when it does not run, with the reason and what to do.
absl::StatusOr<v1::PlatformSupport> ProbePlatform(
    const v1::Platform& platform, const std::filesystem::path& directory);

// A static ELF program for "amd64" or "arm64" that exits with status 0; empty
// for other architectures.
std::string ProbeProgram(std::string_view architecture);

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_PLATFORM_PROBE_H_
