// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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

// Both spellings are in use; curl reads http_proxy in small letters only, and
// takes what has no scheme for http.
std::string ProxyUrl(Machine& machine, const std::string& variable) {
  std::string value = machine.Variable(variable);
  if (value.empty() && variable != "http_proxy") {
    value = machine.Variable(absl::AsciiStrToUpper(variable));
  }
  if (value.empty() || absl::StrContains(value, "://")) return value;
  return absl::StrCat("http://", value);
}

class ProxyCheck : public Check {
 public:
  std::string name() const override { return "proxy"; }

  std::vector<Finding> Look(const Surroundings& surroundings) override {
    Machine& machine = *surroundings.machine;
    std::vector<Finding> findings;
    for (const char* name : {"http_proxy", "https_proxy", "all_proxy"}) {
      const std::string url = ProxyUrl(machine, name);
      if (!url.empty()) {
        findings.push_back(Of(machine, absl::StrCat("$", name), url));
      }
    }
    if (findings.empty()) return {Good("proxy", "none is set")};
    return findings;
  }

 private:
  static Finding Of(Machine& machine, const std::string& subject,
                    const std::string& url) {
    // A proxy's URL may hold a password, so it is not shown.
    const std::string shown = http::DisplayUrl(url);
    if (!absl::StartsWith(url, "socks") && http::HostOfUrl(shown).empty()) {
      return Broken(subject, "it is no proxy's URL",
                    "write it as http://HOST:PORT, or unset it");
    }
    if (const absl::Status answers = machine.Connect(url); !answers.ok()) {
      return Broken(
          subject, absl::StrCat(shown, " does not answer: ", answers.message()),
          "correct it, or unset it where the internet is reached "
          "without; workers have an environment of their own");
    }
    return Good(subject, shown);
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
