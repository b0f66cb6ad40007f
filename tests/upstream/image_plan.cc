// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/image_plan.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/upstream/hash.h"
#include "tests/upstream/random.h"

namespace kso::upstream {
namespace {

struct SharedBase {
  std::string_view name;
  double megabytes;
};
constexpr std::array<SharedBase, 4> kSharedBases = {{
    {"distroless", 1.2},
    {"alpine", 3.4},
    {"debian-slim", 29},
    {"ubi-minimal", 37},
}};

// Projects build all their images on one base, so whole families share it.
const SharedBase& BaseOf(std::string_view reference) {
  if (reference.ends_with("-alpine")) return kSharedBases[1];
  const std::string_view family = reference.substr(0, reference.rfind('/'));
  return kSharedBases[SeedOf(family) % kSharedBases.size()];
}

std::vector<LayerPlan> PlanLayers(std::string_view reference,
                                  const Platform& platform) {
  const std::string& architecture = platform.architecture;
  const SharedBase& base = BaseOf(reference);
  Random random(SeedOf(reference));
  std::vector<LayerPlan> layers;
  layers.push_back({LayerPlan::Kind::kBase, std::string(base.name),
                    architecture, base.megabytes});
  const std::string name(reference);
  // Architecture-independent files come out the same on every platform.
  if (random.Next() % 2 == 0) {
    layers.push_back({LayerPlan::Kind::kText, name, "",
                      static_cast<double>(random.Between(1, 12))});
  }
  layers.push_back({LayerPlan::Kind::kProgram, name, architecture,
                    static_cast<double>(random.Between(15, 110))});
  if (random.Next() % 3 == 0) {
    layers.push_back({LayerPlan::Kind::kProgram, name + "#tools", architecture,
                      static_cast<double>(random.Between(2, 20))});
  }
  // Steps that change no file leave a layer without content behind; the same
  // layer may come twice.
  if (random.Next() % 4 == 0) {
    layers.push_back({LayerPlan::Kind::kEmpty, "empty", "", 0});
    layers.push_back({LayerPlan::Kind::kEmpty, "empty", "", 0});
  }
  return layers;
}

// Platforms that nobody asked for are small here: they are never fetched.
PlatformPlan PlanExtra(std::string_view reference, Platform platform) {
  PlatformPlan plan;
  plan.layers.push_back({LayerPlan::Kind::kProgram, std::string(reference),
                         platform.architecture, 0});
  plan.platform = std::move(platform);
  return plan;
}

ImagePlan PlanSingle(std::string_view reference, size_t ordinal) {
  constexpr std::array<ImagePlan::Form, 4> kForms = {
      ImagePlan::Form::kDockerManifest, ImagePlan::Form::kDockerList,
      ImagePlan::Form::kOciManifest, ImagePlan::Form::kOciIndex};
  ImagePlan plan;
  plan.form = kForms[ordinal % kForms.size()];
  const Platform platform = {"linux", "amd64", "", ""};
  plan.platforms.push_back({platform, PlanLayers(reference, platform)});
  return plan;
}

}  // namespace

std::string Platform::ToString() const {
  const bool redundant =
      variant.empty() || (architecture == "arm64" && variant == "v8");
  return absl::StrCat(os, "/", architecture, redundant ? "" : "/",
                      redundant ? "" : variant);
}

ImagePlan PlanImage(std::string_view reference,
                    std::optional<size_t> amd64_only) {
  if (amd64_only.has_value()) return PlanSingle(reference, *amd64_only);

  Random random(SeedOf(absl::StrCat("form ", std::string(reference))));
  ImagePlan plan;
  const uint64_t form = random.Between(0, 9);
  plan.form = form < 5   ? ImagePlan::Form::kDockerList
              : form < 8 ? ImagePlan::Form::kOciIndex
                         : ImagePlan::Form::kOciIndexTerse;
  plan.attestations = plan.form == ImagePlan::Form::kOciIndex;

  const std::string variant = random.Next() % 2 == 0 ? "v8" : "";
  for (const Platform& platform : {Platform{"linux", "amd64", "", ""},
                                   Platform{"linux", "arm64", variant, ""}}) {
    plan.platforms.push_back({platform, PlanLayers(reference, platform)});
  }
  if (random.Next() % 2 == 0) {
    plan.platforms.push_back(PlanExtra(reference, {"linux", "arm", "v7", ""}));
    plan.platforms.push_back(PlanExtra(reference, {"linux", "s390x", "", ""}));
  }
  // Two entries of one architecture that differ in a field that Linux lacks.
  if (reference.find("/pause:") != reference.npos) {
    for (const char* version : {"10.0.17763.5122", "10.0.20348.2113"}) {
      plan.platforms.push_back(
          PlanExtra(absl::StrCat(std::string(reference), version),
                    {"windows", "amd64", "", version}));
    }
  }
  return plan;
}

}  // namespace kso::upstream
