// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/runtime_spec.h"

#include <algorithm>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace kso::worker {
namespace {

using nlohmann::json;

json Capabilities() {
  const json set = {"CAP_CHOWN",      "CAP_DAC_OVERRIDE",     "CAP_FSETID",
                    "CAP_FOWNER",     "CAP_NET_RAW",          "CAP_SETGID",
                    "CAP_SETUID",     "CAP_SETFCAP",          "CAP_SETPCAP",
                    "CAP_KILL",       "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
                    "CAP_AUDIT_WRITE"};
  return {{"bounding", set}, {"effective", set}, {"permitted", set}};
}

json Mount(const char* destination, const char* type, const char* source,
           json options) {
  return {{"destination", destination},
          {"type", type},
          {"source", source},
          {"options", std::move(options)}};
}

json SystemMounts() {
  return json::array({
      Mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}),
      Mount("/dev", "tmpfs", "tmpfs",
            {"nosuid", "strictatime", "mode=755", "size=65536k"}),
      Mount("/dev/pts", "devpts", "devpts",
            {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}),
      Mount("/dev/shm", "tmpfs", "shm",
            {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}),
      Mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}),
  });
}

bool IsSystemPath(const std::string& path) {
  for (const char* prefix : {"/proc", "/dev", "/sys"}) {
    if (path == prefix || path.rfind(std::string(prefix) + "/", 0) == 0) {
      return true;
    }
  }
  return false;
}

// An empty tmpfs on each of the image's volumes hides what the image has there,
// just as container runtimes under Kubernetes do.
void AddVolumes(const ImageProcess& process, json& mounts) {
  for (const std::string& volume : process.volumes) {
    if (IsSystemPath(volume)) continue;
    mounts.push_back(
        Mount(volume.c_str(), "tmpfs", "tmpfs",
              {"nosuid", "nodev", "noexec", "size=64m", "nr_inodes=65536"}));
  }
}

// The program lives for seconds only, and has thousands of requests to answer.
// Half of what a registry does under emulation is Go's garbage collection; a
// fifth of what it does natively is writing logs, of which nobody reads more
// than the errors (Distribution's configuration reference: "Override specific
// configuration options"); and there is nobody to send traces to.
json Environment(std::vector<std::string> environment) {
  const std::vector<std::string> given = environment;
  for (const std::string setting :
       {"GOGC=1000", "GOMEMLIMIT=128MiB", "REGISTRY_LOG_LEVEL=error",
        "REGISTRY_LOG_ACCESSLOG_DISABLED=true", "OTEL_TRACES_EXPORTER=none"}) {
    const std::string name = setting.substr(0, setting.find('=') + 1);
    const bool is_set = std::any_of(
        given.begin(), given.end(),
        [&](const std::string& each) { return each.starts_with(name); });
    if (!is_set) environment.push_back(setting);
  }
  return environment;
}

}  // namespace

std::string MakeRuntimeSpec(const ImageProcess& process, const ImageUser& user,
                            std::string_view network) {
  json mounts = SystemMounts();
  AddVolumes(process, mounts);
  json namespaces = json::array();
  for (const char* type : {"pid", "mount", "ipc", "uts"}) {
    namespaces.push_back({{"type", type}});
  }
  namespaces.push_back({{"type", "network"}, {"path", std::string(network)}});
  const json spec = {
      {"ociVersion", "1.0.2"},
      {"process",
       {{"terminal", false},
        {"user",
         {{"uid", user.uid},
          {"gid", user.gid},
          {"additionalGids", user.groups}}},
        {"args", process.arguments},
        {"env", Environment(process.environment)},
        {"cwd", process.directory},
        {"capabilities", Capabilities()},
        {"noNewPrivileges", true}}},
      {"root", {{"path", "rootfs"}}},
      {"hostname", "kso-verify"},
      {"mounts", std::move(mounts)},
      {"linux",
       {{"namespaces", std::move(namespaces)},
        {"maskedPaths", {"/proc/kcore", "/proc/keys", "/sys/firmware"}},
        {"readonlyPaths", {"/proc/sys", "/proc/sysrq-trigger"}}}}};
  return spec.dump(2);
}

}  // namespace kso::worker
