// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cli/doctor/check.h"
#include "common/http/url.h"
#include "common/text/text.h"

// The checks that need nothing but this machine.

namespace kso::cli {
namespace {

constexpr int64_t kGiB = int64_t{1} << 30;
// Both images of a release are some 8 GiB.
constexpr int64_t kComfortable = 10 * kGiB;
constexpr int64_t kLeast = kGiB;

class DiskCheck : public Check {
 public:
  std::string name() const override { return "disk"; }

  std::vector<Finding> Look(const Surroundings& surroundings) override {
    std::vector<Finding> findings;
    findings.push_back(
        Room(surroundings, surroundings.machine->Variable("HOME"),
             "ksoctl farm up keeps state and caches there: make room, or name "
             "another place with --state-dir"));
    if (!surroundings.release.has_value()) return findings;
    const v1::Destination& destination = surroundings.release->destination();
    if (destination.kind() == v1::Destination::REGISTRY) return findings;
    std::filesystem::path path = destination.location();
    if (destination.kind() == v1::Destination::OCI_ARCHIVE) {
      path = path.parent_path();
    }
    findings.push_back(
        Room(surroundings, path,
             "the release's destination is there: make room, or name another "
             "one in release.yaml"));
    return findings;
  }

 private:
  static Finding Room(const Surroundings& surroundings,
                      const std::filesystem::path& path,
                      const std::string& mend) {
    const std::string subject = absl::StrCat(
        "disk of ", path.empty() ? std::string(".") : path.string());
    const absl::StatusOr<int64_t> free =
        surroundings.machine->FreeBytes(path.empty() ? "." : path);
    if (!free.ok()) {
      return Warning(subject, std::string(free.status().message()), mend);
    }
    const std::string text = absl::StrCat(FormatBytes(*free), " free");
    if (*free < kLeast) return Broken(subject, text, mend);
    if (*free < kComfortable) {
      return Warning(subject,
                     absl::StrCat(text, "; a whole release takes up to ",
                                  FormatBytes(kComfortable)),
                     mend);
    }
    return Good(subject, text);
  }
};

// Both spellings are in use; curl reads http_proxy in small letters only.
std::string ProxyVariable(Machine& machine, const std::string& name) {
  const std::string small = machine.Variable(name);
  if (!small.empty() || name == "http_proxy") return small;
  return machine.Variable(absl::AsciiStrToUpper(name));
}

// Returns whether a list as no_proxy has it names the host.
bool IsExcepted(absl::string_view no_proxy, absl::string_view host) {
  for (absl::string_view entry : absl::StrSplit(no_proxy, ',')) {
    entry = absl::StripAsciiWhitespace(entry);
    if (entry == "*") return true;
    absl::ConsumePrefix(&entry, ".");
    if (entry.empty()) continue;
    if (host == entry || absl::EndsWith(host, absl::StrCat(".", entry))) {
      return true;
    }
  }
  return false;
}

class ProxyCheck : public Check {
 public:
  std::string name() const override { return "proxy"; }

  std::vector<Finding> Look(const Surroundings& surroundings) override {
    Machine& machine = *surroundings.machine;
    std::vector<Finding> findings;
    bool any = false;
    for (const char* name : {"http_proxy", "https_proxy", "all_proxy"}) {
      const std::string value = ProxyVariable(machine, name);
      if (value.empty()) continue;
      any = true;
      const std::string url = absl::StrContains(value, "://")
                                  ? value
                                  : absl::StrCat("http://", value);
      // A proxy's URL may hold a password, so it is not shown.
      const std::string shown = http::DisplayUrl(url);
      const bool is_socks = absl::StartsWith(url, "socks");
      if (!is_socks && http::HostOfUrl(shown).empty()) {
        findings.push_back(
            Broken(absl::StrCat("$", name), "it is no proxy's URL",
                   absl::StrCat("write it as http://HOST:PORT, or unset it")));
      } else {
        findings.push_back(Good(absl::StrCat("$", name), shown));
      }
    }
    if (!any) return {Good("proxy", "none is set")};
    const std::string host =
        surroundings.address.substr(0, surroundings.address.rfind(':'));
    const bool loopback = host == "localhost" ||
                          absl::StartsWith(host, "127.") || host == "[::1]";
    if (!loopback && !IsExcepted(ProxyVariable(machine, "no_proxy"), host)) {
      findings.push_back(Warning(
          "$no_proxy",
          absl::StrCat("calls to the coordinator, ", host,
                       ", go through the proxy, which may not let gRPC pass"),
          absl::StrCat("add ", host, " to no_proxy")));
    }
    return findings;
  }
};

}  // namespace

std::unique_ptr<Check> CreateDiskCheck() {
  return std::make_unique<DiskCheck>();
}
std::unique_ptr<Check> CreateProxyCheck() {
  return std::make_unique<ProxyCheck>();
}

}  // namespace kso::cli
