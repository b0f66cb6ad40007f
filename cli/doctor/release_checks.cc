// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "cli/doctor/check.h"
#include "cli/doctor/clock_finding.h"
#include "common/http/proxy.h"
#include "common/http/quota.h"
#include "common/http/url.h"
#include "common/oci/destination.h"
#include "common/oci/mirrors.h"
#include "common/oci/reference.h"
#include "common/text/text.h"

// The checks of the release that is to be built: of itself, its
// destination, and the hosts that it comes from.

namespace kso::cli {
namespace {

class ReleaseCheck : public Check {
 public:
  std::string name() const override { return "release"; }

  std::vector<Finding> Look(const Surroundings& surroundings) override {
    if (!surroundings.release_trouble.ok()) {
      return {Broken("release",
                     std::string(surroundings.release_trouble.message()),
                     "correct what is named there; docs/release-yaml.md has "
                     "all keys")};
    }
    if (!surroundings.release.has_value()) return {};
    const v1::Release& release = *surroundings.release;
    std::vector<Finding> findings = {
        Good(absl::StrCat("release ", release.name()),
             absl::StrCat(Count(release.files_size(), "file"), " and ",
                          Count(release.images_size(), "image")))};
    int unstated = 0;
    for (const v1::FileRequest& file : release.files()) {
      if (file.digest().empty()) ++unstated;
    }
    if (unstated > 0) {
      findings.push_back(Warning(
          "checksums",
          absl::StrCat("not stated for ", Count(unstated, "file"),
                       ": what their hosts send is taken for right"),
          "`ksoctl lists generate` states Kubespray's own; or give them under "
          "files.checksums"));
    }
    return findings;
  }
};

bool IsLoopback(absl::string_view host) {
  return absl::StartsWith(host, "localhost") ||
         absl::StartsWith(host, "127.") || absl::StartsWith(host, "[::1]");
}

class DestinationCheck : public Check {
 public:
  std::string name() const override { return "destination"; }

  std::vector<Finding> Look(const Surroundings& surroundings) override {
    if (!surroundings.release.has_value()) return {};
    const v1::Destination& destination = surroundings.release->destination();
    const std::string subject = oci::FormatDestination(destination);
    // The room for others is looked at by the check of the disk.
    if (destination.kind() != v1::Destination::REGISTRY) return {};
    std::vector<Finding> findings;
    const std::string host = oci::DestinationHost(destination);
    const auto login = surroundings.machine->HasLogin(
        host, oci::DestinationRepository(destination, "kubespray-files"));
    const std::string log_in =
        absl::StrCat("skopeo login ", host,
                     " as the user of the workers and of the coordinator");
    if (!login.ok()) {
      findings.push_back(Warning(absl::StrCat("login to ", host),
                                 std::string(login.status().message()),
                                 log_in));
    } else if (*login) {
      findings.push_back(Good(absl::StrCat("login to ", host), "there is one"));
    } else if (!IsLoopback(host)) {
      findings.push_back(Warning(absl::StrCat("login to ", host),
                                 "there is none on this machine", log_in));
    }
    const absl::Status pushes = surroundings.machine->CheckPush(destination);
    if (pushes.ok()) {
      findings.push_back(Good(subject, "a push may begin, from this machine"));
    } else if (absl::IsNotFound(pushes)) {
      findings.push_back(Broken(subject, std::string(pushes.message()),
                                "make the repository or project in the "
                                "registry first"));
    } else {
      findings.push_back(Broken(
          subject, std::string(pushes.message()),
          absl::IsUnauthenticated(pushes) || absl::IsPermissionDenied(pushes)
              ? log_in
              : "see whether the registry runs, and whether `destination:` "
                "is right"));
    }
    return findings;
  }
};

// A host, and how it is asked.
struct Asked {
  std::string url;
  bool is_registry = false;
};

class HostsCheck : public Check {
 public:
  std::string name() const override { return "hosts"; }

  std::vector<Finding> Look(const Surroundings& surroundings) override {
    std::vector<Finding> findings;
    if (!surroundings.release.has_value()) return findings;
    Machine& machine = *surroundings.machine;
    std::optional<absl::Duration> skew;
    std::map<std::string, bool> proxies;
    std::vector<std::string> unknown;
    std::string reason;
    for (const auto& [host, asked] : HostsOf(*surroundings.release)) {
      const std::string proxy = ProxyOf(machine, asked.url);
      if (!proxy.empty()) {
        const auto [answers, is_new] = proxies.try_emplace(proxy, false);
        if (is_new) answers->second = machine.Connect(proxy).ok();
        // The check of the proxy says so.
        if (!answers->second) continue;
      }
      // Behind a proxy it is the proxy that resolves names.
      const absl::Status known =
          proxy.empty() ? machine.Resolve(NameOf(host)) : absl::OkStatus();
      if (known.ok()) {
        findings.push_back(Of(machine, host, asked, skew));
      } else {
        unknown.push_back(host);
        reason = std::string(known.message());
      }
    }
    // One cause is mentioned once.
    if (!unknown.empty()) {
      findings.push_back(
          Broken(absl::StrJoin(unknown, ", "), absl::StrCat("DNS: ", reason),
                 unknown.size() == 1
                     ? "check the name in the list, and this machine's "
                       "/etc/resolv.conf; or name a mirror"
                     : "check this machine's /etc/resolv.conf; where the "
                       "internet is reached through a proxy, set "
                       "$https_proxy; or name mirrors"));
    }
    if (skew.has_value()) {
      findings.push_back(ClockFinding(*skew, "what hosts say"));
    }
    return findings;
  }

 private:
  // The proxy that a URL is asked through; empty for none.
  static std::string ProxyOf(Machine& machine, const std::string& url) {
    const absl::StatusOr<http::Url> parsed = http::Url::Parse(url);
    if (!parsed.ok()) return "";
    return http::ProxyFor(*parsed, [&machine](const char* name) {
      return machine.Variable(name);
    });
  }

  static std::map<std::string, Asked> HostsOf(const v1::Release& release) {
    std::map<std::string, Asked> hosts;
    for (const v1::FileRequest& file : release.files()) {
      const std::string url = oci::MirrorUrl(file.url(), release.mirrors());
      const std::string host = http::HostOfUrl(url);
      if (!host.empty()) hosts.try_emplace(host, Asked{url, false});
    }
    std::set<std::string> references = {release.files_base(),
                                        release.images_base()};
    for (const v1::ImageRequest& image : release.images()) {
      references.insert(image.reference());
    }
    for (const std::string& text : references) {
      const auto reference = oci::Reference::Parse(text);
      if (!reference.ok()) continue;
      const oci::ImageSource source =
          oci::ResolveMirror(*reference, release.mirrors());
      const std::string host = oci::RegistryHost(source.host);
      const bool plain = source.insecure || IsLoopback(host);
      hosts[host] = {absl::StrCat(plain ? "http://" : "https://", host, "/v2/"),
                     true};
    }
    return hosts;
  }

  static Finding Of(Machine& machine, const std::string& host,
                    const Asked& asked, std::optional<absl::Duration>& skew) {
    http::Request request;
    request.url = asked.url;
    request.method = asked.is_registry ? "GET" : "HEAD";
    const absl::Time begun = machine.Now();
    const auto answer = machine.transport().Perform(request);
    if (absl::IsFailedPrecondition(answer.status())) {
      return Broken(
          host, std::string(answer.status().message()),
          absl::StrCat("the workers' machines need that authority, too; where "
                       "a proxy opens TLS on the way, it is the proxy's. This "
                       "machine's clock says ",
                       absl::FormatTime("%Y-%m-%d %H:%M", machine.Now(),
                                        absl::UTCTimeZone()),
                       " UTC: that has to be right"));
    }
    if (!answer.ok()) {
      return Broken(host, std::string(answer.status().message()),
                    "the workers must reach it: open the way, set a proxy, or "
                    "name a mirror in release.yaml");
    }
    if (!skew.has_value()) skew = SkewOf(*answer, begun, machine.Now());
    return OfAnswer(host, asked, *answer);
  }

  static Finding OfAnswer(const std::string& host, const Asked& asked,
                          const http::Response& answer) {
    const auto quota = http::ParseQuota(answer);
    std::string text = absl::StrCat("answers ", answer.status);
    if (quota.has_value()) {
      absl::StrAppend(&text, ", and allows ", quota->remaining, " of ",
                      quota->limit, " requests");
    }
    if (answer.status == 429 ||
        (quota.has_value() && quota->remaining * 10 < quota->limit)) {
      return Warning(host, text,
                     "log in there for a larger quota, wait, or name a mirror");
    }
    if (answer.status >= 500) {
      return Warning(host, text, "it has trouble of its own: try again later");
    }
    // A registry asks who is there; a file host may refuse HEAD.
    const bool denies = answer.status == 401 || answer.status == 403;
    if (asked.is_registry && answer.status != 200 && !denies) {
      return Broken(host, absl::StrCat(text, " to /v2/: it is no registry"),
                    "check the name, and that the proxy before it hands on "
                    "what begins with /v2/");
    }
    if (!asked.is_registry && (answer.status == 404 || answer.status == 410)) {
      return Broken(host, absl::StrCat(asked.url, " is not there"),
                    "correct the URL in the list, or the mirror");
    }
    return Good(host, text);
  }

  static std::string NameOf(const std::string& host) {
    if (absl::StartsWith(host, "[")) return host.substr(1, host.find(']') - 1);
    return host.substr(0, host.find(':'));
  }

  // How far this machine's clock is ahead of the host's (RFC 9110, section
  // 6.6.1); nothing where it does not tell.
  static std::optional<absl::Duration> SkewOf(const http::Response& answer,
                                              absl::Time begun,
                                              absl::Time ended) {
    const auto date = answer.Header("Date");
    absl::Time said;
    if (!date.has_value() ||
        !absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", *date, &said, nullptr)) {
      return std::nullopt;
    }
    return begun + (ended - begun) / 2 - said;
  }
};

}  // namespace

std::unique_ptr<Check> CreateReleaseCheck() {
  return std::make_unique<ReleaseCheck>();
}
std::unique_ptr<Check> CreateDestinationCheck() {
  return std::make_unique<DestinationCheck>();
}
std::unique_ptr<Check> CreateHostsCheck() {
  return std::make_unique<HostsCheck>();
}

}  // namespace kso::cli
