// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/make_catalog.h"

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/upstream/base_image.h"
#include "tests/upstream/file_content.h"
#include "tests/upstream/image_builder.h"
#include "tests/upstream/image_plan.h"
#include "tests/upstream/layer_content.h"
#include "tests/upstream/parallel.h"

namespace kso::upstream {
namespace {

absl::StatusOr<Object> GetFile(const ObjectStore& store, const std::string& url,
                               double factor) {
  return store.Get(absl::StrCat("file 3 ", factor, " ", url),
                   [&]() -> absl::StatusOr<ObjectStore::Made> {
                     absl::StatusOr<std::string> content =
                         MakeFile(url, factor);
                     if (!content.ok()) return content.status();
                     return ObjectStore::Made{*std::move(content), ""};
                   });
}

struct PlannedImage {
  std::string reference;
  ImagePlan plan;
};

bool IsBase(const Release& release, const std::string& reference) {
  return reference == release.files_base || reference == release.images_base;
}

absl::StatusOr<std::vector<PlannedImage>> PlanImages(
    const Release& release, const CatalogOptions& options) {
  std::vector<std::string> references = release.images;
  for (const std::string& base : {release.files_base, release.images_base}) {
    if (std::find(references.begin(), references.end(), base) ==
        references.end()) {
      references.push_back(base);
    }
  }
  std::vector<PlannedImage> images;
  size_t amd64_only = 0;
  for (const std::string& reference : references) {
    if (!options.bases.empty() && IsBase(release, reference)) continue;
    std::optional<size_t> ordinal;
    if (MatchesAny(release.amd64_only, reference)) ordinal = amd64_only++;
    images.push_back({reference, PlanImage(reference, ordinal)});
  }
  for (const std::string& drop : options.dropped_platforms) {
    const size_t equals = drop.find('=');
    const std::string reference = drop.substr(0, equals);
    const auto image = std::find_if(images.begin(), images.end(),
                                    [&](const PlannedImage& planned) {
                                      return planned.reference == reference;
                                    });
    if (equals == drop.npos || image == images.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--drop-platform ", drop,
          ": expected REFERENCE=OS/ARCHITECTURE with a reference of the list "
          "that is not a base"));
    }
    std::erase_if(image->plan.platforms, [&](const PlatformPlan& platform) {
      return platform.platform.ToString() == drop.substr(equals + 1);
    });
    if (image->plan.platforms.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--drop-platform ", drop, ": nothing is left"));
    }
  }
  return images;
}

// Files and layers are most of the work: make them first, the largest first, so
// that what follows finds them.
absl::Status MakeContent(const ObjectStore& store, const Release& release,
                         const std::vector<PlannedImage>& images,
                         const CatalogOptions& options) {
  struct Job {
    double megabytes;
    std::function<absl::Status()> run;
  };
  const double factor = options.size_factor;
  std::vector<Job> jobs;
  for (const std::string& url : release.files) {
    jobs.push_back({FileSize(url, 1) / 1e6, [&store, &url, factor] {
                      return GetFile(store, url, factor).status();
                    }});
  }
  // Shared layers once, or two threads would make them at the same time.
  std::map<std::string, const LayerPlan*> layers;
  for (const PlannedImage& image : images) {
    for (const PlatformPlan& platform : image.plan.platforms) {
      for (const LayerPlan& layer : platform.layers) {
        layers.emplace(absl::StrCat(static_cast<int>(layer.kind), layer.name,
                                    " ", layer.architecture),
                       &layer);
      }
    }
  }
  for (const auto& [key, layer] : layers) {
    jobs.push_back({layer->megabytes, [&store, layer = layer, factor] {
                      return GetLayer(store, *layer, factor).status();
                    }});
  }
  std::stable_sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) {
    return a.megabytes > b.megabytes;
  });
  return RunInParallel(
      jobs.size(), [&jobs](size_t i) { return jobs[i].run(); },
      options.verbose ? "kso-upstream: content" : "");
}

absl::Status AddPlanned(const ObjectStore& store, const PlannedImage& image,
                        double factor, Catalog& catalog) {
  std::vector<BuiltPlatform> platforms;
  for (const PlatformPlan& plan : image.plan.platforms) {
    BuiltPlatform built;
    built.platform = plan.platform;
    built.run = {{"Entrypoint", {"/usr/local/bin/current"}},
                 {"Env", {"PATH=/usr/local/bin:/usr/bin:/bin"}}};
    for (const LayerPlan& layer : plan.layers) {
      absl::StatusOr<Object> object = GetLayer(store, layer, factor);
      if (!object.ok()) return object.status();
      built.layers.push_back(*std::move(object));
    }
    platforms.push_back(std::move(built));
  }
  return AddImage(store, image.reference, image.plan.form,
                  image.plan.attestations, platforms, catalog);
}

}  // namespace

absl::StatusOr<Catalog> MakeCatalog(const ObjectStore& store,
                                    const Release& release,
                                    const CatalogOptions& options) {
  const auto images = PlanImages(release, options);
  if (!images.ok()) return images.status();
  absl::Status status = MakeContent(store, release, *images, options);
  if (!status.ok()) return status;

  Catalog catalog;
  for (const std::string& url : release.files) {
    absl::StatusOr<Object> object = GetFile(store, url, options.size_factor);
    if (!object.ok()) return object.status();
    catalog.files[url] = *std::move(object);
  }
  for (const PlannedImage& image : *images) {
    status = AddPlanned(store, image, options.size_factor, catalog);
    if (!status.ok()) return status;
  }
  if (!options.bases.empty()) {
    status = AddNginxBase(store, options.bases, release.files_base, catalog);
    if (!status.ok()) return status;
    status =
        AddRegistryBase(store, options.bases, release.images_base, catalog);
    if (!status.ok()) return status;
  }
  return catalog;
}

}  // namespace kso::upstream
