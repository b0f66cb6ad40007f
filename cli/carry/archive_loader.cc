// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/archive_loader.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "cli/carry/load_plan.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/login/access.h"
#include "common/run/run_all.h"
#include "common/site.h"

namespace kso::cli {
namespace {

// Transfers at a time.
constexpr int kParallel = 4;

class Loader {
 public:
  Loader(const ImageArchive& archive, const v1::Destination& destination,
         oci::ImageStore& registry, const CarryProgress& progress,
         const LoadOptions& options)
      : archive_(archive),
        destination_(destination),
        registry_(registry),
        progress_(progress),
        options_(options) {}

  absl::StatusOr<LoadReport> Run() {
    absl::StatusOr<LoadPlan> plan = PlanLoad(archive_, destination_, registry_);
    if (absl::IsNotFound(plan.status())) {
      return BaseIsMissing(ToStd(plan.status().message()));
    }
    KSO_RETURN_IF_ERROR(plan.status());
    KSO_RETURN_IF_ERROR(CheckBase(*plan));
    KSO_RETURN_IF_ERROR(CheckRepositories(*plan));
    // The repositories take turns, so that the later ones can mount blobs of
    // the earlier ones.
    std::vector<std::string> done;
    for (const auto& [repository, blobs] : plan->blobs) {
      for (const auto& [digest, blob] : blobs) total_ += blob.size();
    }
    for (const auto& [repository, blobs] : plan->blobs) {
      KSO_RETURN_IF_ERROR(PutBlobs(*plan, repository, blobs, done));
      done.push_back(repository);
    }
    for (const LoadDocument& document : plan->documents) {
      KSO_RETURN_IF_ERROR(
          registry_.PutManifest(document.repository, document.document, ""));
    }
    std::vector<LoadedImage> images;
    for (const bool latest : {false, true}) {
      if (latest && !options_.latest) continue;
      for (const LoadTag& tag : plan->tags) {
        if (site::IsLatestTag(tag.tag) != latest) continue;
        KSO_ASSIGN_OR_RETURN(const bool put, PutTag(tag));
        if (!put) continue;
        images.push_back({tag.repository, tag.tag,
                          tag.document.content_descriptor().digest()});
      }
    }
    absl::MutexLock lock(&mutex_);
    report_.images = std::move(images);
    return report_;
  }

 private:
  using Blobs = std::map<Digest, v1::Descriptor>;

  absl::Status BaseIsMissing(std::string_view reason) const {
    if (archive_.since().empty()) {
      return absl::FailedPreconditionError(
          Concat("the archive is not whole: ", reason));
    }
    return absl::FailedPreconditionError(
        Concat("this archive has only what changed since ", archive_.since(),
               ", which is not all there: ", reason,
               ". Load the archive of that first, to the same place"));
  }

  // Returns whether the registry has all that the archive leaves out, in one of
  // the repositories.
  absl::Status CheckBase(const LoadPlan& plan) {
    std::vector<std::function<absl::Status()>> jobs;
    absl::Mutex mutex;
    std::vector<Digest> missing;
    for (const auto& [repository, blobs] : plan.blobs) {
      for (const auto& [digest, blob] : blobs) {
        if (archive_.Has(digest)) continue;
        jobs.push_back(
            [&, &repository = repository, &digest = digest]() -> absl::Status {
              KSO_ASSIGN_OR_RETURN(bool found, Has(repository, digest));
              for (const auto& [other, unused] : plan.blobs) {
                if (found || other == repository) continue;
                KSO_ASSIGN_OR_RETURN(found, Has(other, digest));
              }
              if (found) return absl::OkStatus();
              absl::MutexLock lock(&mutex);
              missing.push_back(digest);
              return absl::OkStatus();
            });
      }
    }
    const size_t wanted = jobs.size();
    KSO_RETURN_IF_ERROR(RunAll(kParallel, jobs));
    if (missing.empty()) return absl::OkStatus();
    std::sort(missing.begin(), missing.end());
    return BaseIsMissing(Concat(missing.size(), " of ", wanted,
                                " blobs are not at ", destination_.location(),
                                ", such as ", missing.front().ToString()));
  }

  // False where "latest" cannot be moved, which is a note: the release is there
  // by its own name.
  absl::StatusOr<bool> PutTag(const LoadTag& tag) {
    const absl::StatusOr<v1::Descriptor> there =
        registry_.HeadManifest(tag.repository, tag.tag);
    if (there.ok() &&
        there->digest() == tag.document.content_descriptor().digest()) {
      return true;
    }
    const absl::Status put =
        registry_.PutManifest(tag.repository, tag.document, tag.tag);
    if (put.ok()) return true;
    const bool refused =
        absl::IsInvalidArgument(put) || absl::IsPermissionDenied(put);
    if (!refused || !site::IsLatestTag(tag.tag)) return put;
    absl::MutexLock lock(&mutex_);
    report_.notes.push_back(Concat(tag.repository, ":", tag.tag,
                                   " was not moved: ", ToStd(put.message()),
                                   "; --no-latest leaves it alone"));
    return false;
  }

  // All repositories that have to be made first are said at once.
  absl::Status CheckRepositories(const LoadPlan& plan) {
    std::set<std::string> repositories;
    for (const LoadTag& tag : plan.tags) repositories.insert(tag.repository);
    return oci::CheckPushToAll(registry_, repositories);
  }

  // Where the registry denies the answer, pushing decides.
  absl::StatusOr<bool> Has(const std::string& repository,
                           const Digest& digest) {
    return oci::HasBlobOr(registry_, repository, digest,
                          /*when_denied=*/false);
  }

  absl::Status PutBlobs(const LoadPlan& plan, const std::string& repository,
                        const Blobs& blobs,
                        const std::vector<std::string>& done) {
    // The largest blobs go first, so that no large one is left for the end.
    std::vector<std::pair<Digest, v1::Descriptor>> sorted(blobs.begin(),
                                                          blobs.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& left, const auto& right) {
                       return left.second.size() > right.second.size();
                     });
    std::vector<std::function<absl::Status()>> jobs;
    for (const auto& [digest, blob] : sorted) {
      std::vector<std::string> sources;
      for (const auto& [other, others] : plan.blobs) {
        const bool is_done =
            std::find(done.begin(), done.end(), other) != done.end();
        // Those that are not done may have what the archive leaves out.
        if (other != repository && others.contains(digest) &&
            (is_done || !archive_.Has(digest))) {
          sources.push_back(other);
        }
      }
      jobs.push_back([this, &repository, digest = digest, blob = blob,
                      sources = std::move(sources)] {
        return PutBlob(repository, digest, blob, sources);
      });
    }
    return RunAll(kParallel, jobs);
  }

  absl::Status PutBlob(const std::string& repository, const Digest& digest,
                       const v1::Descriptor& blob,
                       const std::vector<std::string>& sources) {
    int64_t moved = 0;
    bool mounted = false;
    if (!sources.empty()) {
      KSO_ASSIGN_OR_RETURN(mounted, Mount(repository, digest, sources));
    }
    if (!mounted && archive_.Has(digest)) {
      const absl::StatusOr<int64_t> put =
          registry_.PutBlob(repository, blob, [this, &digest](int64_t offset) {
            return archive_.OpenBlob(digest, offset);
          });
      KSO_RETURN_IF_ERROR(put.status());
      moved = *put;
    }
    absl::MutexLock lock(&mutex_);
    report_.bytes_pushed += moved;
    report_.mounted += mounted ? 1 : 0;
    report_.pushed += moved > 0 ? 1 : 0;
    report_.there += !mounted && moved == 0 ? 1 : 0;
    done_ += blob.size();
    if (progress_) progress_(done_, total_);
    return absl::OkStatus();
  }

  // False when it is there, or cannot be mounted.
  absl::StatusOr<bool> Mount(const std::string& repository,
                             const Digest& digest,
                             const std::vector<std::string>& sources) {
    KSO_ASSIGN_OR_RETURN(const bool there, Has(repository, digest));
    if (there) return false;
    for (const std::string& source : sources) {
      KSO_ASSIGN_OR_RETURN(const bool mounted,
                           registry_.MountBlob(repository, digest, source));
      if (mounted) return true;
    }
    if (archive_.Has(digest)) return false;
    return absl::FailedPreconditionError(
        Concat("blob ", digest.ToString(), " is not in ", repository,
               ", and the registry does not mount it from another repository"));
  }

  const ImageArchive& archive_;
  const v1::Destination& destination_;
  oci::ImageStore& registry_;
  const CarryProgress& progress_;
  const LoadOptions options_;
  int64_t total_ = 0;

  absl::Mutex mutex_;
  LoadReport report_ ABSL_GUARDED_BY(mutex_);
  int64_t done_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

absl::StatusOr<LoadReport> LoadArchive(const ImageArchive& archive,
                                       const v1::Destination& destination,
                                       oci::ImageStore& registry,
                                       const CarryProgress& progress,
                                       const LoadOptions& options) {
  return Loader(archive, destination, registry, progress, options).Run();
}

}  // namespace kso::cli
