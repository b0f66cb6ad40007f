// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/runtime_spec.h"

#include <algorithm>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "worker/sandbox/seccomp_profile.h"

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

// These tell of this machine, or of others that run on it.
json MaskedPaths() {
  return {"/proc/acpi",
          "/proc/asound",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/sys/devices/virtual/powercap",
          "/sys/firmware"};
}

// These set something of this machine.
json ReadonlyPaths() {
  return {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
          "/proc/sysrq-trigger"};
}

json Namespaces(const Enclosure& enclosure) {
  json namespaces = json::array();
  for (const char* type : {"pid", "mount", "ipc", "uts"}) {
    namespaces.push_back({{"type", type}});
  }
  if (enclosure.ids.has_value()) {
    namespaces.push_back({{"type", "user"}, {"path", enclosure.users}});
  }
  namespaces.push_back({{"type", "network"}, {"path", enclosure.network}});
  return namespaces;
}

json Linux(const Enclosure& enclosure) {
  json linux_part = {{"namespaces", Namespaces(enclosure)},
                     {"maskedPaths", MaskedPaths()},
                     {"readonlyPaths", ReadonlyPaths()}};
  if (enclosure.ids.has_value()) {
    const json map = json::array({{{"containerID", 0},
                                   {"hostID", enclosure.ids->first},
                                   {"size", enclosure.ids->count}}});
    linux_part["uidMappings"] = map;
    linux_part["gidMappings"] = map;
  }
  if (enclosure.seccomp) linux_part["seccomp"] = SeccompProfile();
  if (!enclosure.control_group.empty()) {
    linux_part["cgroupsPath"] = enclosure.control_group;
  }
  return linux_part;
}

}  // namespace

std::string MakeRuntimeSpec(const ImageProcess& process, const ImageUser& user,
                            const Enclosure& enclosure) {
  json mounts = SystemMounts();
  AddVolumes(process, mounts);
  const json spec = {{"ociVersion", "1.0.2"},
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
                     {"root", {{"path", enclosure.root}}},
                     {"hostname", "kso-verify"},
                     {"mounts", std::move(mounts)},
                     {"linux", Linux(enclosure)}};
  return spec.dump(2);
}

}  // namespace kso::worker
