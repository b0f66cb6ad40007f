// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/file_content.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/upstream/compress.h"
#include "tests/upstream/elf.h"
#include "tests/upstream/hash.h"
#include "tests/upstream/tar.h"
#include "tests/upstream/text.h"

namespace kso::upstream {
namespace {

struct KnownSize {
  std::string_view part_of_url;
  double megabytes;
};

// The first match counts.
constexpr KnownSize kKnownSizes[] = {
    {"/kubelet", 107},
    {"/kubectl", 48},
    {"/kubeadm", 47},
    {"/etcd-", 20},
    {"/cni-plugins-", 43},
    {"/calicoctl-", 65},
    {"/archive/", 58},
    {"/cilium-linux", 38},
    {"/crictl-", 23},
    {"/cri-o.", 150},
    {"/helm-", 16},
    {"/runc.", 10},
    {"/crun-", 3},
    {"/youki_", 5},
    {"/kata-static-", 240},
    {"/runsc", 60},
    {"/containerd-shim", 30},
    {"/nerdctl-", 10},
    {"/krew-", 4},
    {"/containerd-", 46},
    {"/cri-dockerd-", 15},
    {"/skopeo-", 30},
    {"/yq_", 10},
};
constexpr double kOtherMegabytes = 20;
constexpr uint64_t kSmallest = 1024;

// The share of their size that the made-up programs compress to.
constexpr double kGzipRatio = 0.45;
constexpr double kXzRatio = 0.345;

std::string_view FileName(std::string_view url) {
  return url.substr(url.rfind('/') + 1);
}

// An archive as projects release them: a directory with a few programs.
std::string MakeProgramTree(std::string_view url, std::string_view stem,
                            uint64_t size) {
  constexpr int kPrograms = 3;
  const std::string top(stem.substr(0, 60));
  TarWriter tar;
  tar.AddDirectory(top);
  tar.AddFile(top + "/README.md", MakeText(SeedOf(url), 900), 0644);
  tar.AddDirectory(top + "/bin");
  for (int i = 0; i < kPrograms; ++i) {
    const uint64_t seed = SeedOf(absl::StrCat(std::string(url), "#", i));
    tar.AddFile(absl::StrCat(top, "/bin/program-", i),
                MakeElf(ArchitectureOfUrl(url), seed, size / kPrograms), 0755);
  }
  tar.AddSymlink(top + "/bin/program", "program-0");
  return std::move(tar).Finish();
}

// An archive of sources, the same for every architecture.
std::string MakeSourceTree(std::string_view url, std::string_view stem,
                           uint64_t size) {
  constexpr int kFiles = 20;
  const std::string top(stem.substr(0, 60));
  TarWriter tar;
  tar.AddDirectory(top);
  for (int i = 0; i < kFiles; ++i) {
    const uint64_t seed = SeedOf(absl::StrCat(std::string(url), "#", i));
    tar.AddFile(absl::StrCat(top, "/source-", i, ".go"),
                MakeText(seed, size / kFiles), 0644);
  }
  return std::move(tar).Finish();
}

}  // namespace

std::string_view ArchitectureOfUrl(std::string_view url) {
  const absl::string_view text(url.data(), url.size());
  const bool arm =
      absl::StrContains(text, "arm64") || absl::StrContains(text, "aarch64");
  return arm ? "arm64" : "amd64";
}

uint64_t FileSize(std::string_view url, double factor) {
  double megabytes = kOtherMegabytes;
  for (const KnownSize& known : kKnownSizes) {
    if (url.find(known.part_of_url) != url.npos) {
      megabytes = known.megabytes;
      break;
    }
  }
  return std::max(kSmallest, static_cast<uint64_t>(megabytes * 1e6 * factor));
}

absl::StatusOr<std::string> MakeFile(std::string_view url, double factor) {
  const std::string_view name = FileName(url);
  const uint64_t size = FileSize(url, factor);
  if (name.ends_with(".tar.xz")) {
    const std::string_view stem = name.substr(0, name.size() - 7);
    return Xz(
        MakeProgramTree(url, stem, static_cast<uint64_t>(size / kXzRatio)));
  }
  if (name.ends_with(".tar.gz") || name.ends_with(".tgz")) {
    const std::string_view stem =
        name.substr(0, name.size() - (name.ends_with(".tgz") ? 4 : 7));
    const uint64_t unpacked = static_cast<uint64_t>(size / kGzipRatio);
    return Gzip(url.find("/archive/") == url.npos
                    ? MakeProgramTree(url, stem, unpacked)
                    : MakeSourceTree(url, stem, unpacked));
  }
  return MakeElf(ArchitectureOfUrl(url), SeedOf(url), size);
}

}  // namespace kso::upstream
