#include "worker/verify/runtime_spec.h"

#include "nlohmann/json.hpp"

namespace kso::worker {
namespace {

using nlohmann::json;

// Docker's default set.
json DefaultCapabilities() {
  const json set = {
      "CAP_CHOWN",      "CAP_DAC_OVERRIDE", "CAP_FSETID",
      "CAP_FOWNER",     "CAP_MKNOD",        "CAP_NET_RAW",
      "CAP_SETGID",     "CAP_SETUID",       "CAP_SETFCAP",
      "CAP_SETPCAP",    "CAP_KILL",         "CAP_NET_BIND_SERVICE",
      "CAP_SYS_CHROOT", "CAP_AUDIT_WRITE"};
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

// umoci mounts an empty tmpfs on each of the image's volumes, which hides what
// the image has there - just as container runtimes under Kubernetes do.
void AddVolumes(const json& unpacked, json& mounts) {
  const auto found = unpacked.find("mounts");
  if (found == unpacked.end() || !found->is_array()) return;
  for (const json& mount : *found) {
    if (!mount.is_object()) continue;
    const auto destination = mount.find("destination");
    if (destination == mount.end() || !destination->is_string()) continue;
    if (mount.value("type", "") != "tmpfs") continue;
    if (IsSystemPath(destination->get<std::string>())) continue;
    mounts.push_back(mount);
  }
}

}  // namespace

absl::StatusOr<std::string> MakeRuntimeSpec(std::string_view unpacked) {
  const json umoci = json::parse(unpacked, nullptr, false);
  if (!umoci.is_object() || !umoci.contains("process") ||
      !umoci["process"].is_object()) {
    return absl::InternalError("umoci wrote a config.json without a process");
  }
  const json& asked = umoci["process"];
  json process = {{"terminal", false},
                  {"user", {{"uid", 0}, {"gid", 0}}},
                  {"cwd", "/"},
                  {"capabilities", DefaultCapabilities()},
                  {"noNewPrivileges", true}};
  for (const char* key : {"user", "args", "env", "cwd"}) {
    if (asked.contains(key)) process[key] = asked[key];
  }
  if (!process.contains("args") || !process["args"].is_array() ||
      process["args"].empty()) {
    return absl::FailedPreconditionError(
        "the image has neither an entrypoint nor a command");
  }
  json mounts = SystemMounts();
  AddVolumes(umoci, mounts);
  json namespaces = json::array();
  for (const char* type : {"pid", "mount", "ipc", "uts", "network"}) {
    namespaces.push_back({{"type", type}});
  }
  const json spec = {
      {"ociVersion", "1.0.2"},
      {"process", std::move(process)},
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
