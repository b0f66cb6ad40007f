// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_RUN_CHECK_H_
#define KSO_CLI_VERIFY_RUN_CHECK_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "cli/verify/static_check.h"
#include "kso/v1/worker.pb.h"
#include "worker/local/image_runner.h"

namespace kso::cli {

// The expectations on an image that is run for the platform at that position of
// its report, made of what was found in it.
v1::VerifyImage ExpectationsOf(const CheckedImage& image, size_t platform);

struct RunOptions {
  // Ask each program that kubespray-files serves as it is for its version.
  bool programs = false;
  // As in ImageCheckOptions.
  std::function<void(const std::string&)> on_step;
};

// Runs kubespray-files and kubespray-images for each platform that this machine
// runs, and asks them for everything that is in them. An image in which
// something is wrong already is not run. What was found is added to the
// reports: what an image does not serve and programs that are broken are
// problems, those that do not answer are not.
void RunImages(worker::ImageRunner& runner, const RunOptions& options,
               std::vector<CheckedImage>& images);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_RUN_CHECK_H_
