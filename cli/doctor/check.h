// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_DOCTOR_CHECK_H_
#define KSO_CLI_DOCTOR_CHECK_H_

#include <memory>
#include <string>
#include <vector>

#include "cli/doctor/finding.h"
#include "cli/doctor/surroundings.h"

namespace kso::cli {

// Looks at one thing that a build needs.
class Check {
 public:
  virtual ~Check() = default;

  // One word: "disk". Programs depend on it.
  virtual std::string name() const = 0;
  // The findings; none where there is nothing to look at. Changes nothing.
  virtual std::vector<Finding> Look(const Surroundings& surroundings) = 0;
};

// Each is for itself; their order is that in which trouble is best mended.
std::unique_ptr<Check> CreateDiskCheck();
std::unique_ptr<Check> CreateProxyCheck();
// Of the files by which the coordinator is spoken to.
std::unique_ptr<Check> CreateCertificatesCheck();
std::unique_ptr<Check> CreateCoordinatorCheck();
std::unique_ptr<Check> CreateWorkersCheck();
// By the farm, where no release names hosts that tell the time.
std::unique_ptr<Check> CreateClockCheck();
std::unique_ptr<Check> CreatePlatformsCheck();
std::unique_ptr<Check> CreateReleaseCheck();
std::unique_ptr<Check> CreateDestinationCheck();
// DNS, certificates, the clock, and what registries and file hosts allow.
std::unique_ptr<Check> CreateHostsCheck();

// All of them.
std::vector<std::unique_ptr<Check>> AllChecks();

}  // namespace kso::cli

#endif  // KSO_CLI_DOCTOR_CHECK_H_
