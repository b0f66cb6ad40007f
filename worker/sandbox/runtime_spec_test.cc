// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/runtime_spec.h"

#include <algorithm>
#include <set>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace kso::worker {
namespace {

nlohmann::json Example() {
  return nlohmann::json::parse(MakeRuntimeSpec(
      {.arguments = {"registry", "serve"},
       .environment = {"PATH=/bin"},
       .directory = "/srv",
       .user = "registry",
       .volumes = {"/var/lib/registry", "/dev/shm"}},
      {.uid = 101, .gid = 102, .groups = {4}}, {.network = "/a/network"}));
}

TEST(RuntimeSpecTest, RunsWhatTheImageSays) {
  const auto json = Example();
  EXPECT_EQ(json["process"]["args"], nlohmann::json({"registry", "serve"}));
  EXPECT_EQ(json["process"]["env"][0], "PATH=/bin");
  EXPECT_EQ(json["process"]["cwd"], "/srv");
  EXPECT_EQ(json["process"]["user"]["uid"], 101);
  EXPECT_EQ(json["process"]["user"]["gid"], 102);
  EXPECT_EQ(json["process"]["user"]["additionalGids"], nlohmann::json({4}));
  EXPECT_EQ(json["process"]["terminal"], false);
}

TEST(RuntimeSpecTest, SparesAShortLifeWhatNobodyNeedsUnlessTheImageDecides) {
  const auto json = Example();
  EXPECT_EQ(json["process"]["env"],
            nlohmann::json({"PATH=/bin", "GOGC=1000", "GOMEMLIMIT=128MiB",
                            "REGISTRY_LOG_LEVEL=error",
                            "REGISTRY_LOG_ACCESSLOG_DISABLED=true",
                            "OTEL_TRACES_EXPORTER=none"}));
  ImageProcess process;
  process.environment = {"GOGC=50", "REGISTRY_LOG_LEVEL=debug"};
  const auto decided =
      nlohmann::json::parse(MakeRuntimeSpec(process, ImageUser(), {}));
  EXPECT_EQ(decided["process"]["env"],
            nlohmann::json({"GOGC=50", "REGISTRY_LOG_LEVEL=debug",
                            "GOMEMLIMIT=128MiB",
                            "REGISTRY_LOG_ACCESSLOG_DISABLED=true",
                            "OTEL_TRACES_EXPORTER=none"}));
}

TEST(RuntimeSpecTest, NeedsNeitherLimitsNorCgroups) {
  const auto json = Example();
  EXPECT_FALSE(json["process"].contains("rlimits"));
  EXPECT_FALSE(json["linux"].contains("resources"));
  std::set<std::string> namespaces;
  for (const auto& entry : json["linux"]["namespaces"]) {
    namespaces.insert(entry["type"]);
  }
  EXPECT_EQ(namespaces,
            (std::set<std::string>{"ipc", "mount", "network", "pid", "uts"}));
  EXPECT_EQ(json["linux"]["namespaces"].back()["path"], "/a/network");
}

TEST(RuntimeSpecTest, HidesAndProtectsWhatDockerDoes) {
  const auto json = Example();
  for (const char* path :
       {"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore",
        "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
        "/proc/timer_list", "/proc/timer_stats",
        "/sys/devices/virtual/powercap", "/sys/firmware"}) {
    const auto& masked = json["linux"]["maskedPaths"];
    EXPECT_EQ(std::count(masked.begin(), masked.end(), path), 1) << path;
  }
  for (const char* path : {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                           "/proc/sysrq-trigger"}) {
    const auto& readonly = json["linux"]["readonlyPaths"];
    EXPECT_EQ(std::count(readonly.begin(), readonly.end(), path), 1) << path;
  }
}

TEST(RuntimeSpecTest, FencesAreThereWhereTheyAreWanted) {
  const auto bare = Example();
  EXPECT_FALSE(bare["linux"].contains("seccomp"));
  EXPECT_FALSE(bare["linux"].contains("uidMappings"));
  EXPECT_FALSE(bare["linux"].contains("cgroupsPath"));
  EXPECT_EQ(bare["root"]["path"], "rootfs");

  ImageProcess process;
  process.arguments = {"a"};
  const auto fenced = nlohmann::json::parse(
      MakeRuntimeSpec(process, {},
                      {.root = "/mnt",
                       .network = "/a/network",
                       .users = "/some/users",
                       .ids = IdRange{.first = 100000, .count = 65536},
                       .seccomp = true,
                       .control_group = "/kso/a"}));
  const auto& linux_part = fenced["linux"];
  EXPECT_EQ(fenced["root"]["path"], "/mnt");
  EXPECT_TRUE(linux_part.contains("seccomp"));
  EXPECT_EQ(linux_part["cgroupsPath"], "/kso/a");
  const nlohmann::json map = nlohmann::json::array(
      {{{"containerID", 0}, {"hostID", 100000}, {"size", 65536}}});
  EXPECT_EQ(linux_part["uidMappings"], map);
  EXPECT_EQ(linux_part["gidMappings"], map);
  const auto& namespaces = linux_part["namespaces"];
  EXPECT_EQ(
      std::count(namespaces.begin(), namespaces.end(),
                 nlohmann::json{{"type", "user"}, {"path", "/some/users"}}),
      1);
}

// Without cgroups it would reach the machine's disks.
TEST(RuntimeSpecTest, MayMakeNoDevices) {
  const auto json = Example();
  for (const auto& [kind, set] : json["process"]["capabilities"].items()) {
    EXPECT_EQ(std::count(set.begin(), set.end(), "CAP_MKNOD"), 0) << kind;
  }
}

// Kubernetes hides what an image has under its volumes; so does the check.
TEST(RuntimeSpecTest, VolumesAreEmpty) {
  int volumes = 0;
  int shared_memories = 0;
  const auto json = Example();
  for (const auto& mount : json["mounts"]) {
    EXPECT_NE(mount["type"], "cgroup");
    if (mount["destination"] == "/var/lib/registry") {
      ++volumes;
      // Otherwise it could take half of the machine's memory.
      const auto& options = mount["options"];
      EXPECT_EQ(std::count(options.begin(), options.end(), "size=64m"), 1);
    }
    if (mount["destination"] == "/dev/shm") ++shared_memories;
  }
  EXPECT_EQ(volumes, 1);
  EXPECT_EQ(shared_memories, 1);
}

}  // namespace
}  // namespace kso::worker
