// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "cli/doctor/check.h"
#include "cli/doctor/clock_finding.h"
#include "common/base/proto_time.h"
#include "common/base/version.h"
#include "common/oci/platform.h"
#include "common/text/text.h"

// The checks of the farm, which go through the coordinator.

namespace kso::cli {
namespace {

class CoordinatorCheck : public Check {
 public:
  std::string name() const override { return "coordinator"; }

  std::vector<Finding> Look(const Surroundings& surroundings) override {
    const std::string subject =
        absl::StrCat("coordinator at ", surroundings.address);
    const absl::StatusOr<v1::GetVersionResponse> answer =
        surroundings.coordinator->GetVersion();
    if (absl::IsUnauthenticated(answer.status()) ||
        absl::IsPermissionDenied(answer.status())) {
      return {Broken(subject, std::string(answer.status().message()),
                     "name your certificate (--cert, --key) or token "
                     "(--token-file), or choose a context that has them: "
                     "ksoctl context ls")};
    }
    if (!answer.ok() && !absl::IsUnavailable(answer.status()) &&
        !absl::IsDeadlineExceeded(answer.status())) {
      return {Broken(subject, std::string(answer.status().message()),
                     "correct what is named there: on the command line, in the "
                     "environment ($KSO_...) or in the context")};
    }
    if (!answer.ok()) {
      return {Broken(subject,
                     absl::StrCat("not reachable: ", answer.status().message()),
                     "start a farm here with `ksoctl farm up`, or say where "
                     "the coordinator is: --coordinator HOST:PORT, "
                     "$KSO_COORDINATOR or `ksoctl context use`; where it "
                     "speaks TLS, name its authority with --ca")};
    }
    const std::string& version = answer->version();
    if (version != kVersion) {
      return {Warning(subject,
                      absl::StrCat("version ", version, ", and ksoctl is ",
                                   std::string(kVersion)),
                      "one version apart they work together: bring both to "
                      "the newer one")};
    }
    std::vector<Finding> findings = {
        Good(subject, absl::StrCat("version ", version))};
    if (answer->plaintext_to_others()) {
      findings.push_back(Warning(
          subject, "serves other machines in plain text",
          "give it a certificate: ksoctl certs init, then kso-coordinator "
          "--tls-cert and --tls-key"));
    }
    return findings;
  }
};

// The list of workers, or nothing where the coordinator does not answer, which
// its own check says.
absl::StatusOr<v1::ListWorkersResponse> Workers(
    const Surroundings& surroundings) {
  return surroundings.coordinator->ListWorkers();
}

class WorkersCheck : public Check {
 public:
  std::string name() const override { return "workers"; }

  std::vector<Finding> Look(const Surroundings& surroundings) override {
    const auto workers = Workers(surroundings);
    if (!workers.ok()) return {};
    std::vector<Finding> findings;
    int ready = 0;
    for (const v1::WorkerStatus& worker : workers->workers()) {
      if (worker.state() == v1::WorkerStatus::READY) ++ready;
      findings.push_back(Of(worker));
    }
    if (ready == 0) {
      findings.push_back(
          Broken("workers", "none is ready",
                 "start one: kso-worker --coordinator HOST:PORT --cache-dir "
                 "DIR, or `ksoctl farm up` for one on this machine"));
    }
    return findings;
  }

 private:
  static Finding Of(const v1::WorkerStatus& worker) {
    const v1::WorkerInfo& info = worker.info();
    const std::string subject = absl::StrCat("worker ", info.name());
    switch (worker.state()) {
      case v1::WorkerStatus::UNHEALTHY:
        return Warning(subject,
                       absl::StrCat("takes no work: ", info.unhealthy_reason()),
                       "mend that on its machine; it comes back by itself");
      case v1::WorkerStatus::LOST:
        return Warning(subject, "has not been heard of for a while",
                       "see whether it runs, and reaches the coordinator");
      case v1::WorkerStatus::DRAINING:
        return Warning(subject, "drains, and is given nothing",
                       absl::StrCat("ksoctl workers undrain ", info.name()));
      default:
        break;
    }
    if (info.version() != kVersion) {
      return Warning(subject,
                     absl::StrCat("is of version ", info.version(),
                                  ", and ksoctl of ", std::string(kVersion)),
                     "bring it to the same version");
    }
    return Good(subject,
                absl::StrCat("ready, ", Count(info.slots(), "slot"), ", ",
                             FormatBytes(info.disk_free_bytes()), " free"));
  }
};

// A worker that is ready was heard of within this, by the coordinator's clock.
constexpr absl::Duration kHeardOf = absl::Minutes(1);

class ClockCheck : public Check {
 public:
  std::string name() const override { return "clock"; }

  std::vector<Finding> Look(const Surroundings& surroundings) override {
    // Hosts tell the time to the second.
    if (surroundings.release.has_value()) return {};
    const auto workers = Workers(surroundings);
    if (!workers.ok()) return {};
    absl::Time heard = absl::InfinitePast();
    for (const v1::WorkerStatus& worker : workers->workers()) {
      if (worker.state() != v1::WorkerStatus::READY) continue;
      if (!worker.has_last_seen()) continue;
      heard = std::max(heard, FromProto(worker.last_seen()));
    }
    if (heard == absl::InfinitePast()) return {};
    absl::Duration skew = surroundings.machine->Now() - heard;
    // Some of what has passed since is no skew.
    if (skew > absl::ZeroDuration()) {
      skew = std::max(absl::ZeroDuration(), skew - kHeardOf);
    }
    return {ClockFinding(skew, "the coordinator's")};
  }
};

// Verifying an image runs it: somebody has to be able to.
class PlatformsCheck : public Check {
 public:
  std::string name() const override { return "platforms"; }

  std::vector<Finding> Look(const Surroundings& surroundings) override {
    const auto workers = Workers(surroundings);
    if (!workers.ok() || !surroundings.release.has_value()) return {};
    std::vector<Finding> findings;
    for (const v1::Platform& platform : surroundings.release->platforms()) {
      findings.push_back(Of(oci::FormatPlatform(platform), *workers));
    }
    return findings;
  }

 private:
  static Finding Of(const std::string& platform,
                    const v1::ListWorkersResponse& workers) {
    const std::string subject = absl::StrCat("running ", platform);
    std::vector<std::string> natives;
    std::vector<std::string> emulators;
    std::string trouble;
    for (const v1::WorkerStatus& worker : workers.workers()) {
      const v1::WorkerInfo& info = worker.info();
      for (const v1::PlatformSupport& support : info.platforms()) {
        if (oci::FormatPlatform(support.platform()) != platform) continue;
        if (!info.can_execute()) {
          trouble = absl::StrCat("; ", info.name(), " could, but ",
                                 info.cannot_execute_reason());
          continue;
        }
        (support.native() ? natives : emulators).push_back(info.name());
      }
    }
    if (!natives.empty()) {
      return Good(subject,
                  absl::StrCat("natively on ", absl::StrJoin(natives, ", ")));
    }
    if (!emulators.empty()) {
      return Warning(subject,
                     absl::StrCat("under emulation only, on ",
                                  absl::StrJoin(emulators, ", ")),
                     "it works, and takes longer; a worker on a machine of "
                     "that kind does it natively");
    }
    return Broken(subject, absl::StrCat("no worker can", trouble),
                  absl::StrCat("start a worker on such a machine, or let one "
                               "emulate it: deploy/setup worker, then "
                               "kso-worker --platform ",
                               platform));
  }
};

}  // namespace

std::unique_ptr<Check> CreateCoordinatorCheck() {
  return std::make_unique<CoordinatorCheck>();
}
std::unique_ptr<Check> CreateWorkersCheck() {
  return std::make_unique<WorkersCheck>();
}
std::unique_ptr<Check> CreateClockCheck() {
  return std::make_unique<ClockCheck>();
}
std::unique_ptr<Check> CreatePlatformsCheck() {
  return std::make_unique<PlatformsCheck>();
}

}  // namespace kso::cli
