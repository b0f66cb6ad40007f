// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_BUILDS_SUBMISSION_H_
#define KSO_CLI_COMMANDS_BUILDS_SUBMISSION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/context.h"
#include "kso/v1/build.pb.h"

namespace kso::cli {

// An id for a new build, of the time when it was made and a random part:
// "20240131-120405-5d9e03fa".
std::string NewBuildId(absl::Time now);

struct SubmissionOptions {
  // Empty: a new one.
  std::string build_id;
  bool plan_only = false;
  // Take nothing over from earlier builds.
  bool fresh = false;
  // See release::kLowestPriority.
  int priority = 0;
};

struct Submission {
  v1::Build build;
  // The place where the user's own release puts the images.
  v1::Destination destination;
  // The build is an earlier one of the same request, which still runs.
  bool joined = false;
};

// Reads the release and submits it; INVALID_ARGUMENT before anything is sent
// when the input is not right. Tries again with the same id when the connection
// breaks, so that there is one build in the end.
absl::StatusOr<Submission> SubmitRelease(Context& context,
                                         const std::string& file,
                                         const SubmissionOptions& options);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_BUILDS_SUBMISSION_H_
