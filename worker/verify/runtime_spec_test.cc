#include "worker/verify/runtime_spec.h"

#include <set>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace kso::worker {
namespace {

// As umoci writes it, shortened.
constexpr char kUnpacked[] = R"({
  "process": {"terminal": true, "user": {"uid": 101, "gid": 101},
              "args": ["registry", "serve"], "env": ["PATH=/bin"],
              "cwd": "/srv", "rlimits": [{"type": "RLIMIT_NOFILE"}]},
  "mounts": [{"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
             {"destination": "/sys/fs/cgroup", "type": "cgroup"},
             {"destination": "/var/lib/registry", "type": "tmpfs",
              "source": "none", "options": ["rw"]}],
  "linux": {"resources": {"devices": []},
            "namespaces": [{"type": "cgroup"}]}})";

TEST(RuntimeSpecTest, RunsWhatTheImageSays) {
  const auto spec = MakeRuntimeSpec(kUnpacked);
  ASSERT_TRUE(spec.ok()) << spec.status();
  const auto json = nlohmann::json::parse(*spec);
  EXPECT_EQ(json["process"]["args"], nlohmann::json({"registry", "serve"}));
  EXPECT_EQ(json["process"]["cwd"], "/srv");
  EXPECT_EQ(json["process"]["user"]["uid"], 101);
  EXPECT_EQ(json["process"]["terminal"], false);
}

TEST(RuntimeSpecTest, NeedsNeitherLimitsNorCgroups) {
  const auto json = nlohmann::json::parse(*MakeRuntimeSpec(kUnpacked));
  EXPECT_FALSE(json["process"].contains("rlimits"));
  EXPECT_FALSE(json["linux"].contains("resources"));
  std::set<std::string> namespaces;
  for (const auto& entry : json["linux"]["namespaces"]) {
    namespaces.insert(entry["type"]);
  }
  EXPECT_EQ(namespaces,
            (std::set<std::string>{"ipc", "mount", "network", "pid", "uts"}));
}

// Kubernetes hides what an image has under its volumes; so does the check.
TEST(RuntimeSpecTest, VolumesAreEmpty) {
  const auto json = nlohmann::json::parse(*MakeRuntimeSpec(kUnpacked));
  int volumes = 0;
  for (const auto& mount : json["mounts"]) {
    EXPECT_NE(mount["type"], "cgroup");
    if (mount["destination"] == "/var/lib/registry") ++volumes;
  }
  EXPECT_EQ(volumes, 1);
}

TEST(RuntimeSpecTest, RefusesAnImageThatRunsNothing) {
  EXPECT_EQ(MakeRuntimeSpec(R"({"process": {"args": []}})").status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(MakeRuntimeSpec("no json").ok());
}

}  // namespace
}  // namespace kso::worker
