// SPDX-License-Identifier: Apache-2.0
#include "tests/history/release_history.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/bytes/digest.h"

namespace kso::testing {
namespace {

constexpr int64_t kMegabyte = 1'000'000;
constexpr int kBases = 4;
constexpr double kBaseMegabytes[kBases] = {1.2, 3.4, 29, 37};

// The same on every machine.
uint32_t HashOf(const std::string& text) {
  return static_cast<uint32_t>(
      std::stoul(Sha256Of(text).hex().substr(0, 8), nullptr, 16));
}

// In [low, high], by name.
int64_t Between(const std::string& name, int64_t low, int64_t high) {
  return low + HashOf(name) % (high - low + 1);
}

struct KnownSize {
  const char* part_of_url;
  int megabytes;
};

constexpr KnownSize kKnownSizes[] = {
    {"/kubelet", 107},    {"/kubectl", 48},      {"/kubeadm", 47},
    {"/etcd-", 20},       {"/cni-plugins", 43},  {"/calicoctl", 65},
    {"/archive/", 58},    {"/crictl-", 23},      {"/cri-o.", 150},
    {"/helm-", 16},       {"/runc.", 10},        {"/crun-", 3},
    {"/youki_", 5},       {"/kata-static", 240}, {"/runsc", 60},
    {"/nerdctl-", 10},    {"/krew-", 4},         {"/containerd-", 46},
    {"/cri-dockerd", 15}, {"/yq_", 10},
};

int64_t FileBytes(const std::string& url, int version) {
  int64_t megabytes = 25;
  for (const KnownSize& known : kKnownSizes) {
    if (absl::StrContains(url, known.part_of_url)) {
      megabytes = known.megabytes;
      break;
    }
  }
  // A release is a little larger or smaller than the one before.
  return megabytes * kMegabyte *
         Between(absl::StrCat(url, " ", version), 970, 1030) / 1000;
}

std::string NameOf(const std::string& reference) {
  return reference.substr(0, reference.rfind(':'));
}

// The project that an image is released with.
std::string ProjectOf(const std::string& reference) {
  const std::string name = NameOf(reference);
  if (absl::StrContains(name, "/kube-") &&
      absl::StartsWith(name, "registry.k8s.io/")) {
    return "kubernetes";
  }
  const std::string directory = name.substr(0, name.rfind('/'));
  const bool together = absl::StrContains(directory, "/") &&
                        directory != "docker.io/library" &&
                        directory != "registry.k8s.io/sig-storage";
  return together ? directory : name;
}

// Of patch releases, the part in which the project is a new one.
double HowOften(const std::string& project) {
  if (project == "kubernetes") return 1;
  for (const char* often :
       {"calico", "cilium", "etcd", "ingress-nginx", "containerd", "runc"}) {
    if (absl::StrContains(project, often)) return 0.4;
  }
  return 0.02 + 0.01 * (HashOf(project) % 12);
}

// The tool that the file of a URL belongs to, whatever its architecture and
// version.
std::string ToolOf(const std::string& url) {
  if (absl::StrContains(url, "dl.k8s.io")) return "kubernetes";
  const size_t host = url.find("://") + 3;
  size_t end = host;
  for (int i = 0; i < 3 && end != url.npos; ++i) end = url.find('/', end + 1);
  return url.substr(host, end == url.npos ? url.npos : end - host);
}

}  // namespace

ReleaseHistory::ReleaseHistory(
    std::map<std::string, std::vector<std::string>> urls,
    std::vector<std::string> references, uint32_t seed, bool together)
    : urls_(std::move(urls)), bases_(kBases, 0), random_(seed) {
  std::map<std::string, std::set<std::string>> tools;
  for (const auto& [architecture, list] : urls_) {
    for (const std::string& url : list) tools[ToolOf(url)].insert(url);
  }
  for (const auto& [tool, members] : tools) {
    files_.push_back({{members.begin(), members.end()}, HowOften(tool)});
  }
  std::map<std::string, std::set<std::string>> projects;
  for (const std::string& reference : references) {
    projects[together ? ProjectOf(reference) : NameOf(reference)].insert(
        reference);
  }
  for (const auto& [project, members] : projects) {
    images_.push_back(
        {{members.begin(), members.end()}, together ? HowOften(project) : 0.2});
  }
}

bool ReleaseHistory::Chance(double probability) {
  // std::bernoulli_distribution differs between libraries.
  return random_() < probability * 4294967296.0;
}

void ReleaseHistory::Step(std::vector<Component>& components, int wanted,
                          int& changed) {
  changed = 0;
  std::set<std::string> done;
  for (int round = 0; round < 100 && changed < wanted; ++round) {
    for (Component& component : components) {
      if (changed >= wanted && component.often < 1) continue;
      if (!Chance(component.often) || !done.insert(component.members[0]).second)
        continue;
      ++component.version;
      changed += static_cast<int>(component.members.size());
    }
    // Otherwise those that come first would change more often.
    std::rotate(components.begin(),
                components.begin() + random_() % components.size(),
                components.end());
  }
}

void ReleaseHistory::NextPatch() {
  Step(files_, 10, files_changed_);
  Step(images_, 12, images_changed_);
}

void ReleaseHistory::NextMinor() {
  for (auto [components, changed] : {std::pair(&files_, &files_changed_),
                                     std::pair(&images_, &images_changed_)}) {
    *changed = 0;
    for (Component& component : *components) {
      if (!Chance(0.92)) continue;
      ++component.version;
      *changed += static_cast<int>(component.members.size());
    }
  }
  for (int& base : bases_) base += Chance(0.7) ? 1 : 0;
}

ResolvedRelease ReleaseHistory::Current() const {
  ResolvedRelease release;
  std::map<std::string, std::vector<std::string>> architectures;
  for (const auto& [architecture, list] : urls_) {
    for (const std::string& url : list) {
      architectures[url].push_back(architecture);
    }
  }
  for (const Component& tool : files_) {
    for (const std::string& url : tool.members) {
      // A version is a directory of most URLs.
      const std::string versioned =
          absl::StrCat(url.substr(0, url.rfind('/')), "/r", tool.version,
                       url.substr(url.rfind('/')));
      v1::FileRequest& file = release.AddFile(versioned, architectures.at(url),
                                              FileBytes(url, tool.version));
      file.set_digest(Sha256Of(versioned).ToString());
    }
  }
  for (const Component& project : images_) {
    for (const std::string& reference : project.members) {
      const std::string name = NameOf(reference);
      const std::string versioned = absl::StrCat(name, ":v", project.version);
      const int base = Between(project.members[0] + " base", 0, kBases - 1);
      ImageShape shape;
      shape.shared_layer = absl::StrCat("base ", base, " ", bases_[base]);
      shape.shared_layer_size =
          static_cast<int64_t>(kBaseMegabytes[base] * kMegabyte);
      shape.layers = {Between(versioned + " program", 970, 1030) * kMegabyte *
                      Between(name + " program", 15, 110) / 1000};
      if (HashOf(name + " text") % 2 == 0) {
        shape.layers.push_back(Between(versioned + " text", 1, 12) * kMegabyte);
      }
      release.AddImage(versioned, shape);
    }
  }
  return release;
}

}  // namespace kso::testing
