// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/layer_content.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/upstream/compress.h"
#include "tests/upstream/elf.h"
#include "tests/upstream/hash.h"
#include "tests/upstream/tar.h"
#include "tests/upstream/text.h"

namespace kso::upstream {
namespace {

constexpr uint64_t kSmallest = 2048;
constexpr double kProgramRatio = 0.45;
constexpr double kTextRatio = 0.24;

std::string DescribeLayer(const LayerPlan& plan) {
  return absl::StrCat(static_cast<int>(plan.kind), " ", plan.name, " ",
                      plan.architecture, " ", plan.megabytes);
}

void AddProgram(TarWriter& tar, const LayerPlan& plan, uint64_t seed,
                uint64_t size) {
  const std::string name = absl::StrCat("program-", seed % 10000);
  for (const char* directory : {"usr", "usr/local", "usr/local/bin"}) {
    tar.AddDirectory(directory);
  }
  tar.AddFile("usr/local/bin/" + name, MakeElf(plan.architecture, seed, size),
              0755);
  tar.AddSymlink("usr/local/bin/current", name);
}

void AddText(TarWriter& tar, uint64_t seed, uint64_t size) {
  constexpr int kFiles = 8;
  for (const char* directory : {"usr", "usr/share", "usr/share/doc"}) {
    tar.AddDirectory(directory);
  }
  for (int i = 0; i < kFiles; ++i) {
    tar.AddFile(absl::StrCat("usr/share/doc/", seed % 10000, "-", i, ".txt"),
                MakeText(seed + i, size / kFiles), 0644);
  }
}

void AddSystem(TarWriter& tar, const LayerPlan& plan, uint64_t seed,
               uint64_t size) {
  for (const char* directory : {"bin", "etc", "lib", "tmp"}) {
    tar.AddDirectory(directory);
  }
  tar.AddFile("etc/os-release", absl::StrCat("ID=", plan.name, "\n"), 0644);
  tar.AddFile("bin/sh", MakeElf(plan.architecture, seed, size / 4), 0755);
  tar.AddFile("lib/libc.so.6",
              MakeElf(plan.architecture, seed + 1, size - size / 4), 0755);
}

}  // namespace

absl::StatusOr<ObjectStore::Made> MakeLayer(const LayerPlan& plan,
                                            double factor) {
  const double ratio =
      plan.kind == LayerPlan::Kind::kText ? kTextRatio : kProgramRatio;
  const uint64_t size = std::max(
      kSmallest, static_cast<uint64_t>(plan.megabytes * 1e6 * factor / ratio));
  const uint64_t seed = SeedOf(DescribeLayer(plan));
  TarWriter tar;
  switch (plan.kind) {
    case LayerPlan::Kind::kBase:
      AddSystem(tar, plan, seed, size);
      break;
    case LayerPlan::Kind::kProgram:
      AddProgram(tar, plan, seed, size);
      break;
    case LayerPlan::Kind::kText:
      AddText(tar, seed, size);
      break;
    case LayerPlan::Kind::kEmpty:
      break;
  }
  const std::string archive = std::move(tar).Finish();
  absl::StatusOr<std::string> compressed = Gzip(archive);
  if (!compressed.ok()) return compressed.status();
  return ObjectStore::Made{*std::move(compressed), Sha256Digest(archive)};
}

absl::StatusOr<Object> GetLayer(const ObjectStore& store, const LayerPlan& plan,
                                double factor) {
  return store.Get(absl::StrCat("layer 2 ", factor, " ", DescribeLayer(plan)),
                   [&] { return MakeLayer(plan, factor); });
}

}  // namespace kso::upstream
