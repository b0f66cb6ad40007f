// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/farm_json.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "kso/v1/farm.pb.h"

namespace kso::coordinator {
namespace {

// A build whose only image ran on a worker, with these fences missing.
OutJson PlatformOf(const std::vector<std::string>& missing_fences) {
  v1::BuildDetails details;
  v1::Build& build = *details.mutable_build();
  build.set_name("v1");
  v1::ImageResult& image = *build.add_images();
  image.set_name("kubespray-files");
  image.add_tags("v1");
  v1::Platform& platform = *image.add_manifests()->mutable_platform();
  platform.set_os("linux");
  platform.set_architecture("arm64");
  v1::Verification& verification = *build.add_verifications();
  verification.set_image("kubespray-files");
  *verification.mutable_platform() = platform;
  verification.set_native(true);
  verification.set_worker("box-1");
  for (const std::string& fence : missing_fences) {
    verification.add_missing_fences(fence);
  }
  return ToJson(details, absl::UnixEpoch())["images"][0]["platforms"][0];
}

TEST(FarmJsonTest, AVerificationSaysWhatFencesItsWorkerLacked) {
  const OutJson platform = PlatformOf({"seccomp filter", "memory limit"});
  EXPECT_EQ(platform["platform"], "linux/arm64");
  EXPECT_EQ(platform["verdict"], "verified");
  EXPECT_EQ(platform["worker"], "box-1");
  EXPECT_EQ(platform["missingFences"],
            (OutJson{"seccomp filter", "memory limit"}));
  EXPECT_FALSE(PlatformOf({}).contains("missingFences"));
}

}  // namespace
}  // namespace kso::coordinator
