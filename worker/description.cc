// SPDX-License-Identifier: Apache-2.0
#include "worker/description.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <thread>

#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/base/version.h"
#include "common/files/free_space.h"
#include "common/oci/platform.h"
#include "common/text/text.h"
#include "worker/sandbox/container.h"
#include "worker/sandbox/id_range.h"
#include "worker/sandbox/platform_probe.h"

namespace kso::worker {
namespace {

constexpr int kFewestSlots = 4;

std::string DefaultName() {
  char host[256] = "worker";
  gethostname(host, sizeof(host) - 1);
  return Concat(static_cast<const char*>(host), "-",
                OwnPlatform().architecture());
}

absl::StatusOr<ContainerSupport> SupportOf(const DescriptionOptions& options) {
  IdRange users;
  if (!options.subuid.empty()) {
    KSO_ASSIGN_OR_RETURN(users, ParseIdRange(options.subuid));
  }
  if (options.no_verify) {
    return absl::FailedPreconditionError(
        "the worker was started with --no-verify");
  }
  KSO_ASSIGN_OR_RETURN(ContainerSupport support,
                       ProbeContainers(options.cache_directory, users));
  if (!options.strict_fences || support.fences.missing.empty()) return support;
  return absl::FailedPreconditionError(
      Concat("with --strict-fences, this machine lacks: ",
             absl::StrJoin(support.fences.missing, "; ")));
}

}  // namespace

absl::StatusOr<Description> DescribeWorker(const DescriptionOptions& options) {
  Description description;
  v1::WorkerInfo& info = description.info;
  info.set_name(options.name.empty() ? DefaultName() : options.name);
  info.set_version(std::string(kVersion));
  info.set_slots(
      options.slots > 0
          ? options.slots
          : std::max(kFewestSlots,
                     static_cast<int>(std::thread::hardware_concurrency())));

  std::vector<std::string> platforms = options.platforms;
  if (platforms.empty()) {
    platforms.push_back(oci::FormatPlatform(OwnPlatform()));
  }
  for (const std::string& text : platforms) {
    KSO_ASSIGN_OR_RETURN(const v1::Platform platform, oci::ParsePlatform(text));
    KSO_ASSIGN_OR_RETURN(*info.add_platforms(),
                         ProbePlatform(platform, options.cache_directory));
  }

  const absl::StatusOr<ContainerSupport> support = SupportOf(options);
  if (absl::IsInvalidArgument(support.status())) return support.status();
  info.set_can_execute(support.ok());
  if (!support.ok()) {
    info.set_cannot_execute_reason(std::string(support.status().message()));
    return description;
  }
  description.fences = support->fences;
  info.mutable_missing_fences()->Assign(support->fences.missing.begin(),
                                        support->fences.missing.end());
  if (!support->remark.empty()) info.add_remarks(support->remark);
  return description;
}

v1::WorkerInfo WithHealth(v1::WorkerInfo info,
                          const std::filesystem::path& directory,
                          int64_t least_free_bytes) {
  std::error_code error;
  const auto space = std::filesystem::space(directory, error);
  if (error) {
    info.set_unhealthy_reason(
        Concat("cannot use ", directory.string(), ": ", error.message()));
    return info;
  }
  const auto free_bytes = static_cast<int64_t>(space.available);
  info.set_disk_free_bytes(free_bytes);
  if (free_bytes < least_free_bytes) {
    info.set_unhealthy_reason(Concat(
        "disk nearly full: ", FormatBytes(free_bytes), " free in ",
        directory.string(), ", ", FormatBytes(least_free_bytes), " wanted"));
    return info;
  }
  const absl::StatusOr<std::optional<int64_t>> free_files =
      FreeFiles(directory);
  if (free_files.ok() &&
      free_files->value_or(kLeastFreeFiles) < kLeastFreeFiles) {
    info.set_unhealthy_reason(
        Concat("disk nearly full: ", **free_files, " files (inodes) free in ",
               directory.string(), ", ", kLeastFreeFiles, " wanted"));
  }
  return info;
}

}  // namespace kso::worker
