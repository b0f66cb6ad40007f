// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/registry_actions.h"

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/evidence/artifact.h"
#include "common/oci/destination.h"
#include "common/oci/login/access.h"
#include "common/oci/media_types.h"
#include "common/run/exceptions.h"
#include "common/run/executor.h"
#include "common/run/run_all.h"
#include "common/site.h"
#include "common/text/printable_text.h"
#include "coordinator/registry/assembly.h"
#include "coordinator/registry/closure.h"
#include "coordinator/registry/evidence.h"
#include "coordinator/registry/find_blobs.h"
#include "coordinator/registry/running_actions.h"

namespace kso::coordinator {
namespace {

// The advice to a person about a destination that refuses a request.
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
  return WithMessage(status, Concat(doing, ": ", ToStd(status.message()), "; ",
                                    AdviceFor(status.code())));
}

// Returns whether a tag names the manifest already. Such a tag is not pushed
// again, since registries with immutable tags refuse that.
bool Gives(oci::ImageStore& store, const std::string& repository,
           const std::string& tag, const v1::Descriptor& manifest) {
  const absl::StatusOr<v1::Descriptor> found =
      store.HeadManifest(repository, tag);
  return found.ok() && found->digest() == manifest.digest();
}

// Returns whether the manifest is there by its digest. It is read with GET,
// since it has to be read before it is tagged, and the answer is cached.
bool IsThere(oci::ImageStore& store, const std::string& repository,
             const v1::Document& manifest) {
  return store.GetManifest(repository, manifest.content_descriptor().digest())
      .ok();
}

absl::Status PushDocument(oci::ImageStore& store, const std::string& repository,
                          const DocumentPush& push) {
  const v1::Document& document = push.document;
  if (!push.is_blob) return store.PutManifest(repository, document, "");
  return store
      .PutBlob(repository, document.content_descriptor(),
               [&document](int64_t offset)
                   -> absl::StatusOr<std::unique_ptr<ByteSource>> {
                 return SourceOfString(document.content(), offset);
               })
      .status();
}

// The number of requests in flight for one build.
constexpr int kRequestsAtOnce = 8;

absl::Status Unwanted() {
  return absl::CancelledError("the build was cancelled");
}

// Returns whether a registry refuses a request for good.
bool IsRefusal(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsPermissionDenied(status) ||
         absl::IsUnauthenticated(status);
}

bool IsIndex(const DocumentPush& push) {
  return oci::IsIndexType(push.document.content_descriptor().media_type());
}

// A tag of an image that may have to be pushed.
struct WantedTag {
  const v1::ImageResult* image = nullptr;
  v1::Descriptor manifest;
  std::string tag;
  // A release is there without it: a refusal is worth a note.
  bool optional = false;
  bool is_there = false;
};

// The tags of the build's images and of the evidence about them.
std::vector<WantedTag> WantedTags(const TagRequest& request) {
  std::vector<WantedTag> tags;
  for (const v1::ImageResult& image : request.images) {
    for (const std::string& tag : image.tags()) {
      tags.push_back({.image = &image,
                      .manifest = image.index(),
                      .tag = tag,
                      .optional = site::IsLatestTag(tag)});
    }
    if (image.has_referrers()) {
      tags.push_back({.image = &image,
                      .manifest = image.referrers(),
                      .tag = evidence::ReferrersTag(image.index().digest()),
                      .optional = true});
    }
  }
  return tags;
}

class RegistryActions : public BuildActions {
 public:
  // `executor` may be null where `schedule` needs none.
  RegistryActions(OpenDestination open, Schedule schedule, SweepBlobs sweep,
                  WorkMark* mark, std::unique_ptr<Executor> executor)
      : open_(std::move(open)),
        schedule_(std::move(schedule)),
        sweep_(std::move(sweep)),
        mark_(mark),
        executor_(std::move(executor)) {}

  void CheckRepositories(RepositoriesRequest request,
                         absl::AnyInvocable<void(absl::Status)> done) override {
    auto running = running_.Begin(request.build_id);
    schedule_([this, running = std::move(running), request = std::move(request),
               done = std::move(done)]() mutable {
      done(WithoutExceptions(
          [&] { return CheckRepositoriesNow(request, running->get_token()); }));
    });
  }

  void Find(
      FindRequest request,
      absl::AnyInvocable<void(absl::StatusOr<FindOutcome>)> done) override {
    auto running = running_.Begin(request.build_id);
    schedule_([this, running = std::move(running), request = std::move(request),
               done = std::move(done)]() mutable {
      done(WithoutExceptions(
          [&] { return FindNow(request, running->get_token()); }));
    });
  }

  void Assemble(
      AssembleRequest request,
      absl::AnyInvocable<void(absl::StatusOr<AssembleOutcome>)> done) override {
    auto running = running_.Begin(request.build_id);
    schedule_([this, running = std::move(running), request = std::move(request),
               done = std::move(done)]() mutable {
      done(WithoutExceptions(
          [&] { return AssembleNow(request, running->get_token()); }));
    });
  }

  void Tag(TagRequest request,
           absl::AnyInvocable<void(absl::StatusOr<TagOutcome>)> done) override {
    auto running = running_.Begin(request.build_id);
    schedule_([this, running = std::move(running), request = std::move(request),
               done = std::move(done)]() mutable {
      done(WithoutExceptions(
          [&] { return TagNow(request, running->get_token()); }));
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
  // Without threads of their own, actions make one request after the other.
  int at_once() const { return executor_ == nullptr ? 1 : kRequestsAtOnce; }

  absl::StatusOr<std::shared_ptr<oci::ImageStore>> Open(
      const v1::Destination& destination, const std::stop_token& stop) {
    if (stop.stop_requested()) return Unwanted();
    absl::StatusOr<std::shared_ptr<oci::ImageStore>> store =
        open_(destination, stop);
    if (store.ok()) return store;
    return Explain(store.status(),
                   Concat("destination ", oci::FormatDestination(destination)));
  }

  absl::Status CheckRepositoriesNow(const RepositoriesRequest& request,
                                    const std::stop_token& stop) {
    KSO_ASSIGN_OR_RETURN(const std::shared_ptr<oci::ImageStore> store,
                         Open(request.destination, stop));
    std::set<std::string> repositories;
    for (const std::string& image : request.images) {
      repositories.insert(
          oci::DestinationRepository(request.destination, image));
    }
    return oci::CheckPushToAll(*store, repositories);
  }

  absl::StatusOr<FindOutcome> FindNow(const FindRequest& request,
                                      const std::stop_token& stop) {
    KSO_ASSIGN_OR_RETURN(const std::shared_ptr<oci::ImageStore> store,
                         Open(request.destination, stop));
    absl::StatusOr<FindOutcome> outcome = FindBlobs(*store, request, at_once());
    if (outcome.ok()) return outcome;
    const std::string doing = Concat(
        "asking ", oci::FormatDestination(request.destination), " what it has");
    // It says itself what has to be made.
    if (absl::IsNotFound(outcome.status())) {
      return Prefixed(outcome.status(), Concat(doing, ": "));
    }
    return Explain(outcome.status(), doing);
  }

  // Computes what there is to push, from documents of strangers.
  absl::StatusOr<Assembly> AssemblyOf(const AssembleRequest& request) const {
    const MarkedWork marked(mark_, request.build_id);
    return AssembleImages(request);
  }

  absl::StatusOr<AssembleOutcome> AssembleNow(const AssembleRequest& request,
                                              const std::stop_token& stop) {
    KSO_ASSIGN_OR_RETURN(Assembly assembly, AssemblyOf(request));
    const v1::Destination& destination = request.release.destination();
    KSO_ASSIGN_OR_RETURN(const std::shared_ptr<oci::ImageStore> store,
                         Open(destination, stop));
    KSO_ASSIGN_OR_RETURN(const std::vector<BlobPlace> layers,
                         LayersOf(assembly, destination));
    AssembleOutcome lost;
    KSO_ASSIGN_OR_RETURN(lost.missing, MissingOf(*store, layers));
    if (!lost.missing.empty()) return lost;
    const absl::Status pushed = PushAll(*store, destination, assembly, stop);
    if (!pushed.ok()) {
      // The registry may have refused a manifest since a layer has gone
      // meanwhile.
      if (absl::IsNotFound(pushed) || absl::IsInvalidArgument(pushed)) {
        KSO_ASSIGN_OR_RETURN(lost.missing, MissingOf(*store, layers));
        if (!lost.missing.empty()) return lost;
      }
      return pushed;
    }
    KSO_RETURN_IF_ERROR(PushEvidence(*store, request, stop, assembly));
    return std::move(assembly.outcome);
  }

  // Pushes the evidence about the images. A registry that takes images only
  // refuses it, which is no reason to do without the images.
  absl::Status PushEvidence(oci::ImageStore& store,
                            const AssembleRequest& request,
                            const std::stop_token& stop, Assembly& assembly) {
    const std::string summary = SummaryOf(request, assembly.outcome.images);
    for (v1::ImageResult& image : assembly.outcome.images) {
      Assembly evidence;
      evidence.pushes = EvidenceOf(request, image, summary);
      const absl::Status pushed =
          PushAll(store, request.release.destination(), evidence, stop);
      if (!pushed.ok() && !IsRefusal(pushed)) return pushed;
      if (pushed.ok()) {
        *image.mutable_referrers() =
            evidence.pushes.back().document.content_descriptor();
      } else {
        image.set_evidence_problem(PrintableText(ToStd(pushed.message())));
      }
    }
    return absl::OkStatus();
  }

  // Pushes the configs, and asks at the same time which manifests and indexes
  // are there; then pushes those that are not, manifests before their indexes.
  absl::Status PushAll(oci::ImageStore& store,
                       const v1::Destination& destination,
                       const Assembly& assembly, const std::stop_token& stop) {
    absl::Mutex mutex;
    std::vector<const DocumentPush*> absent;
    std::vector<std::function<absl::Status()>> jobs;
    for (const DocumentPush& push : assembly.pushes) {
      jobs.push_back([&]() -> absl::Status {
        if (stop.stop_requested()) return Unwanted();
        if (push.is_blob) return Push(store, destination, push);
        if (!IsThere(store, oci::DestinationRepository(destination, push.image),
                     push.document)) {
          absl::MutexLock lock(&mutex);
          absent.push_back(&push);
        }
        return absl::OkStatus();
      });
    }
    KSO_RETURN_IF_ERROR(RunAll(at_once(), jobs));
    for (const bool indexes : {false, true}) {
      jobs.clear();
      for (const DocumentPush* push : absent) {
        if (IsIndex(*push) != indexes) continue;
        jobs.push_back([&, push]() -> absl::Status {
          if (stop.stop_requested()) return Unwanted();
          return Push(store, destination, *push);
        });
      }
      KSO_RETURN_IF_ERROR(RunAll(at_once(), jobs));
    }
    return absl::OkStatus();
  }

  static absl::Status Push(oci::ImageStore& store,
                           const v1::Destination& destination,
                           const DocumentPush& push) {
    const absl::Status pushed = PushDocument(
        store, oci::DestinationRepository(destination, push.image), push);
    if (pushed.ok()) return pushed;
    const v1::Descriptor& descriptor = push.document.content_descriptor();
    return Explain(pushed, Concat("pushing ", descriptor.media_type(), " ",
                                  descriptor.digest(), " of ", push.image));
  }

  absl::StatusOr<std::vector<std::string>> MissingOf(
      oci::ImageStore& store, const std::vector<BlobPlace>& layers) {
    absl::StatusOr<std::vector<std::string>> missing =
        FindMissing(store, layers, at_once());
    if (missing.ok()) return missing;
    return Explain(missing.status(), "looking for the layers that were pushed");
  }

  // Pushes the release's own tags first, so that "latest" never names an image
  // whose other tags are not there. That it cannot be moved is worth a note:
  // the release is there by its own name.
  absl::StatusOr<TagOutcome> TagNow(const TagRequest& request,
                                    const std::stop_token& stop) {
    KSO_ASSIGN_OR_RETURN(const std::shared_ptr<oci::ImageStore> store,
                         Open(request.destination, stop));
    absl::StatusOr<TagOutcome> outcome = TagOnce(*store, request, stop);
    // A manifest that was there a moment ago may be collected by now.
    if (absl::IsNotFound(outcome.status()) ||
        absl::IsInvalidArgument(outcome.status())) {
      KSO_RETURN_IF_ERROR(PushAgain(*store, request, stop));
      outcome = TagOnce(*store, request, stop);
    }
    return outcome;
  }

  absl::StatusOr<TagOutcome> TagOnce(oci::ImageStore& store,
                                     const TagRequest& request,
                                     const std::stop_token& stop) {
    TagOutcome outcome;
    KSO_ASSIGN_OR_RETURN(outcome.missing, MissingOfImages(store, request));
    if (!outcome.missing.empty()) {
      KSO_RETURN_IF_ERROR(PushAgain(store, request, stop));
      KSO_ASSIGN_OR_RETURN(outcome.missing, MissingOfImages(store, request));
    }
    if (!outcome.missing.empty()) return outcome;
    absl::Mutex mutex;
    std::vector<WantedTag> tags = WantedTags(request);
    std::vector<std::function<absl::Status()>> jobs;
    for (WantedTag& tag : tags) {
      jobs.push_back([&]() -> absl::Status {
        if (stop.stop_requested()) return Unwanted();
        tag.is_there = Gives(
            store,
            oci::DestinationRepository(request.destination, tag.image->name()),
            tag.tag, tag.manifest);
        return absl::OkStatus();
      });
    }
    KSO_RETURN_IF_ERROR(RunAll(at_once(), jobs));
    for (const bool latest : {false, true}) {
      jobs.clear();
      for (const WantedTag& tag : tags) {
        if (tag.is_there || site::IsLatestTag(tag.tag) != latest) continue;
        jobs.push_back([&]() -> absl::Status {
          if (stop.stop_requested()) return Unwanted();
          const absl::Status put = PutTag(store, request.destination, tag);
          if (put.ok()) return put;
          if (!tag.optional || !IsRefusal(put)) {
            return Explain(put,
                           Concat("tagging ", tag.image->name(), ":", tag.tag));
          }
          absl::MutexLock lock(&mutex);
          outcome.notes.push_back(NoteOfRefusal(tag, put));
          return absl::OkStatus();
        });
      }
      KSO_RETURN_IF_ERROR(RunAll(at_once(), jobs));
    }
    return outcome;
  }

  // Pushes the documents of the images that are gone, children first. A layer
  // that is gone too has to be made anew, which is not for here.
  absl::Status PushAgain(oci::ImageStore& store, const TagRequest& request,
                         const std::stop_token& stop) {
    KSO_ASSIGN_OR_RETURN(Assembly assembly, AssemblyOf(request.assembly));
    absl::Status pushed = PushAll(store, request.destination, assembly, stop);
    if (pushed.ok()) {
      pushed = PushEvidence(store, request.assembly, stop, assembly);
    }
    if (absl::IsNotFound(pushed) || absl::IsInvalidArgument(pushed)) {
      return absl::OkStatus();
    }
    return pushed;
  }

  static std::string NoteOfRefusal(const WantedTag& tag,
                                   const absl::Status& refusal) {
    const std::string name = Concat(tag.image->name(), ":", tag.tag);
    const std::string_view why = ToStd(refusal.message());
    if (site::IsLatestTag(tag.tag)) {
      return PrintableText(Concat(
          name, " was not moved to this release, whose own tags are made: ",
          why, "; a release with `destinationLatest: false` leaves it alone"));
    }
    return PrintableText(Concat(
        name, ", which names the evidence about the image, was not made: ", why,
        "; the evidence is there by its digest"));
  }

  // The parts of the images, and of the evidence about them, that are gone.
  absl::StatusOr<std::vector<std::string>> MissingOfImages(
      oci::ImageStore& store, const TagRequest& request) {
    std::vector<std::string> all;
    for (const v1::ImageResult& image : request.images) {
      std::vector<std::string> roots = {image.index().digest()};
      if (image.has_referrers()) roots.push_back(image.referrers().digest());
      for (const std::string& root : roots) {
        const absl::StatusOr<std::vector<std::string>> missing =
            FindMissingOfIndex(
                store,
                oci::DestinationRepository(request.destination, image.name()),
                root, at_once());
        if (!missing.ok()) {
          return Explain(missing.status(), Concat("looking whether all of ",
                                                  image.name(), " is there"));
        }
        all.insert(all.end(), missing->begin(), missing->end());
      }
    }
    return all;
  }

  static absl::Status PutTag(oci::ImageStore& store,
                             const v1::Destination& destination,
                             const WantedTag& tag) {
    const v1::ImageResult& image = *tag.image;
    const std::string repository =
        oci::DestinationRepository(destination, image.name());
    const absl::StatusOr<v1::Document> index =
        store.GetManifest(repository, tag.manifest.digest());
    if (!index.ok()) {
      return Prefixed(index.status(), Concat("reading the index ",
                                             tag.manifest.digest(), ": "));
    }
    return store.PutManifest(repository, *index, tag.tag);
  }

  const OpenDestination open_;
  const Schedule schedule_;
  const SweepBlobs sweep_;
  WorkMark* const mark_;
  RunningActions running_;
  // The executor is the last member, since its destructor waits for functions
  // that use the others.
  const std::unique_ptr<Executor> executor_;
};

}  // namespace

std::unique_ptr<BuildActions> CreateRegistryActions(OpenDestination open,
                                                    Schedule schedule,
                                                    SweepBlobs sweep) {
  return std::make_unique<RegistryActions>(std::move(open), std::move(schedule),
                                           std::move(sweep), nullptr, nullptr);
}

std::unique_ptr<BuildActions> CreateRegistryActions(OpenDestination open,
                                                    SweepBlobs sweep,
                                                    int threads,
                                                    WorkMark* mark) {
  auto executor = std::make_unique<Executor>(threads);
  const auto schedule = [where =
                             executor.get()](absl::AnyInvocable<void()> work) {
    where->Schedule(std::move(work));
  };
  return std::make_unique<RegistryActions>(
      std::move(open), schedule, std::move(sweep), mark, std::move(executor));
}

}  // namespace kso::coordinator
