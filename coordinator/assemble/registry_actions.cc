#include "coordinator/assemble/registry_actions.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/byte_stream.h"
#include "common/base/digest.h"
#include "common/base/executor.h"
#include "common/base/run_all.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/destination.h"
#include "common/oci/media_types.h"
#include "coordinator/assemble/assembly.h"
#include "coordinator/assemble/closure.h"
#include "coordinator/assemble/find_blobs.h"
#include "coordinator/assemble/running_actions.h"

namespace kso::coordinator {
namespace {

// What a person can do about a destination that refuses something.
std::string_view AdviceFor(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return "log in to the destination on the coordinator's machine with an "
             "account that may push there, then retry the build";
    case absl::StatusCode::kNotFound:
      return "something that was pushed is gone from the destination: see "
             "whether it is being cleaned up, then retry the build";
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return "see whether the destination is well, then retry the build";
    default:
      return "see the destination's log, then retry the build";
  }
}

absl::Status Explain(const absl::Status& status, std::string_view doing) {
  return absl::Status(status.code(),
                      Concat(doing, ": ", ToStd(status.message()), "; ",
                             AdviceFor(status.code())));
}

// Whether a tag or digest gives the manifest already. Not even a try to put it
// again is made then: registries refuse it where tags are immutable.
bool Gives(oci::ImageStore& store, const std::string& repository,
           const std::string& reference, const v1::Document& manifest) {
  const absl::StatusOr<v1::Descriptor> found =
      store.HeadManifest(repository, reference);
  return found.ok() &&
         found->digest() == manifest.content_descriptor().digest();
}

absl::Status PushDocument(oci::ImageStore& store, const std::string& repository,
                          const DocumentPush& push) {
  const v1::Document& document = push.document;
  if (!push.is_config) {
    const std::string& digest = document.content_descriptor().digest();
    if (Gives(store, repository, digest, document)) return absl::OkStatus();
    return store.PutManifest(repository, document, "");
  }
  return store
      .PutBlob(repository, document.content_descriptor(),
               [&document](int64_t offset)
                   -> absl::StatusOr<std::unique_ptr<ByteSource>> {
                 return SourceOfString(document.content(), offset);
               })
      .status();
}

// Requests under way for one build.
constexpr int kRequestsAtOnce = 8;

absl::Status Unwanted() {
  return absl::CancelledError("the build was cancelled");
}

bool IsLatest(const std::string& tag) {
  return tag == "latest" || tag == "latest-all";
}

// What has to be there before what comes later in this order.
enum class Level { kConfig, kManifest, kIndex };

Level LevelOf(const DocumentPush& push) {
  if (push.is_config) return Level::kConfig;
  const std::string& type = push.document.content_descriptor().media_type();
  return oci::IsIndexType(type) ? Level::kIndex : Level::kManifest;
}

class RegistryActions : public BuildActions {
 public:
  // `executor` may be null where `schedule` needs none.
  RegistryActions(OpenDestination open, Schedule schedule, SweepBlobs sweep,
                  std::unique_ptr<Executor> executor)
      : open_(std::move(open)),
        schedule_(std::move(schedule)),
        sweep_(std::move(sweep)),
        executor_(std::move(executor)) {}

  void Find(
      FindRequest request,
      absl::AnyInvocable<void(absl::StatusOr<FindOutcome>)> done) override {
    schedule_([this, cancelled = running_.Begin(request.build_id),
               request = std::move(request), done = std::move(done)]() mutable {
      done(FindNow(request, cancelled));
    });
  }

  void Assemble(
      AssembleRequest request,
      absl::AnyInvocable<void(absl::StatusOr<AssembleOutcome>)> done) override {
    schedule_([this, cancelled = running_.Begin(request.build_id),
               request = std::move(request), done = std::move(done)]() mutable {
      done(AssembleNow(request, cancelled));
    });
  }

  void Tag(TagRequest request,
           absl::AnyInvocable<void(absl::StatusOr<TagOutcome>)> done) override {
    schedule_([this, cancelled = running_.Begin(request.build_id),
               request = std::move(request), done = std::move(done)]() mutable {
      done(TagNow(request, cancelled));
    });
  }

  void Cancel(const std::string& build_id) override {
    running_.Cancel(build_id);
  }

  void Sweep(BlobsInFarm needed) override {
    if (!sweep_) return;
    schedule_([this, needed = std::move(needed)] { sweep_(needed); });
  }

 private:
  using Cancelled = RunningActions::Cancelled;

  // Without threads of its own it asks one thing after the other.
  int at_once() const { return executor_ == nullptr ? 1 : kRequestsAtOnce; }

  absl::StatusOr<std::shared_ptr<oci::ImageStore>> Open(
      const v1::Destination& destination, const Cancelled& cancelled) {
    if (cancelled()) return Unwanted();
    absl::StatusOr<std::shared_ptr<oci::ImageStore>> store =
        open_(destination, cancelled);
    if (store.ok()) return store;
    return Explain(store.status(),
                   Concat("destination ", oci::FormatDestination(destination)));
  }

  absl::StatusOr<FindOutcome> FindNow(const FindRequest& request,
                                      const Cancelled& cancelled) {
    KSO_ASSIGN_OR_RETURN(const std::shared_ptr<oci::ImageStore> store,
                         Open(request.destination, cancelled));
    absl::StatusOr<FindOutcome> outcome = FindBlobs(*store, request, at_once());
    if (outcome.ok()) return outcome;
    return Explain(
        outcome.status(),
        Concat("asking ", oci::FormatDestination(request.destination),
               " what it has"));
  }

  absl::StatusOr<AssembleOutcome> AssembleNow(const AssembleRequest& request,
                                              const Cancelled& cancelled) {
    KSO_ASSIGN_OR_RETURN(Assembly assembly, AssembleImages(request));
    const v1::Destination& destination = request.release.destination();
    KSO_ASSIGN_OR_RETURN(const std::shared_ptr<oci::ImageStore> store,
                         Open(destination, cancelled));
    KSO_ASSIGN_OR_RETURN(const std::vector<BlobPlace> layers,
                         LayersOf(assembly, destination));
    AssembleOutcome lost;
    KSO_ASSIGN_OR_RETURN(lost.missing, MissingOf(*store, layers));
    if (!lost.missing.empty()) return lost;
    for (const Level level :
         {Level::kConfig, Level::kManifest, Level::kIndex}) {
      const absl::Status pushed =
          PushLevel(*store, destination, assembly, level, cancelled);
      if (pushed.ok()) continue;
      // The registry may have refused it for a layer that has gone since.
      if (absl::IsNotFound(pushed) || absl::IsInvalidArgument(pushed)) {
        KSO_ASSIGN_OR_RETURN(lost.missing, MissingOf(*store, layers));
        if (!lost.missing.empty()) return lost;
      }
      return pushed;
    }
    return std::move(assembly.outcome);
  }

  absl::Status PushLevel(oci::ImageStore& store,
                         const v1::Destination& destination,
                         const Assembly& assembly, Level level,
                         const Cancelled& cancelled) {
    std::vector<std::function<absl::Status()>> jobs;
    for (const DocumentPush& push : assembly.pushes) {
      if (LevelOf(push) != level) continue;
      jobs.push_back([&]() -> absl::Status {
        if (cancelled()) return Unwanted();
        const absl::Status pushed = PushDocument(
            store, oci::DestinationRepository(destination, push.image), push);
        if (pushed.ok()) return pushed;
        const v1::Descriptor& descriptor = push.document.content_descriptor();
        return Explain(pushed, Concat("pushing ", descriptor.media_type(), " ",
                                      descriptor.digest(), " of ", push.image));
      });
    }
    return RunAll(at_once(), jobs);
  }

  absl::StatusOr<std::vector<std::string>> MissingOf(
      oci::ImageStore& store, const std::vector<BlobPlace>& layers) {
    absl::StatusOr<std::vector<std::string>> missing =
        FindMissing(store, layers, at_once());
    if (missing.ok()) return missing;
    return Explain(missing.status(), "looking for the layers that were pushed");
  }

  // The release's own tags first, so that "latest" never names an image whose
  // other tags are not there.
  absl::StatusOr<TagOutcome> TagNow(const TagRequest& request,
                                    const Cancelled& cancelled) {
    KSO_ASSIGN_OR_RETURN(const std::shared_ptr<oci::ImageStore> store,
                         Open(request.destination, cancelled));
    TagOutcome outcome;
    KSO_ASSIGN_OR_RETURN(outcome.missing, MissingOfImages(*store, request));
    if (!outcome.missing.empty()) return outcome;
    for (const bool latest : {false, true}) {
      std::vector<std::function<absl::Status()>> jobs;
      for (const v1::ImageResult& image : request.images) {
        jobs.push_back([&, latest] {
          if (cancelled()) return Unwanted();
          return TagImage(*store, request.destination, image, latest);
        });
      }
      KSO_RETURN_IF_ERROR(RunAll(at_once(), jobs));
    }
    return outcome;
  }

  absl::StatusOr<std::vector<std::string>> MissingOfImages(
      oci::ImageStore& store, const TagRequest& request) {
    std::vector<std::string> all;
    for (const v1::ImageResult& image : request.images) {
      const absl::StatusOr<std::vector<std::string>> missing =
          FindMissingOfIndex(
              store,
              oci::DestinationRepository(request.destination, image.name()),
              image.index().digest(), at_once());
      if (!missing.ok()) {
        return Explain(missing.status(), Concat("looking whether all of ",
                                                image.name(), " is there"));
      }
      all.insert(all.end(), missing->begin(), missing->end());
    }
    return all;
  }

  static absl::Status TagImage(oci::ImageStore& store,
                               const v1::Destination& destination,
                               const v1::ImageResult& image, bool latest) {
    const std::string repository =
        oci::DestinationRepository(destination, image.name());
    const absl::StatusOr<v1::Document> index =
        store.GetManifest(repository, image.index().digest());
    if (!index.ok()) {
      return Explain(index.status(),
                     Concat("reading the index ", image.index().digest(),
                            " of ", image.name()));
    }
    for (const std::string& tag : image.tags()) {
      if (IsLatest(tag) != latest) continue;
      if (Gives(store, repository, tag, *index)) continue;
      const absl::Status tagged = store.PutManifest(repository, *index, tag);
      if (!tagged.ok()) {
        return Explain(tagged, Concat("tagging ", image.name(), ":", tag));
      }
    }
    return absl::OkStatus();
  }

  const OpenDestination open_;
  const Schedule schedule_;
  const SweepBlobs sweep_;
  RunningActions running_;
  // Last: its destructor waits for functions that use the others.
  const std::unique_ptr<Executor> executor_;
};

}  // namespace

std::unique_ptr<BuildActions> CreateRegistryActions(OpenDestination open,
                                                    Schedule schedule,
                                                    SweepBlobs sweep) {
  return std::make_unique<RegistryActions>(std::move(open), std::move(schedule),
                                           std::move(sweep), nullptr);
}

std::unique_ptr<BuildActions> CreateRegistryActions(OpenDestination open,
                                                    SweepBlobs sweep,
                                                    int threads) {
  auto executor = std::make_unique<Executor>(threads);
  const auto schedule = [where =
                             executor.get()](absl::AnyInvocable<void()> work) {
    where->Schedule(std::move(work));
  };
  return std::make_unique<RegistryActions>(
      std::move(open), schedule, std::move(sweep), std::move(executor));
}

}  // namespace kso::coordinator
