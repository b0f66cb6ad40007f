// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/flow/remember.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "common/base/proto_time.h"
#include "common/oci/destination.h"
#include "coordinator/core/base/layer_key.h"
#include "coordinator/core/base/record_subject.h"
#include "coordinator/core/memory/memo.h"
#include "coordinator/core/plan/plan_history.h"

namespace kso::coordinator {
namespace {

using Records = std::vector<v1::JournalRecord>;

void ForgetSubject(const std::string& subject, Records& records) {
  records.emplace_back().mutable_memory_forgotten()->set_subject(subject);
}

// The journal keeps one record of a memory, so an older one has to go first.
void Replace(bool known, v1::JournalRecord memory, Records& records) {
  if (known) ForgetSubject(SubjectOf(memory).name, records);
  records.push_back(std::move(memory));
}

void RememberLayer(const Memo& memo, const v1::Task& task,
                   const v1::MadeLayer& made, const std::string& worker,
                   Records& records) {
  std::optional<LayerRecipe> recipe = RecipeOf(task);
  // A layer that does not match its task could not be found by the task's key.
  if (!recipe || made.members_size() != task.make_layer().members_size()) {
    return;
  }
  v1::JournalRecord record;
  v1::LayerRemembered& layer = *record.mutable_layer_remembered();
  layer.set_space(BlobSpaceOf(task.destination()));
  layer.add_repositories(oci::DestinationRepository(task.destination(),
                                                    task.make_layer().image()));
  layer.set_key(std::move(recipe->key));
  *layer.mutable_layer() = made;
  *layer.mutable_identities() = {recipe->identities.begin(),
                                 recipe->identities.end()};
  layer.set_name(task.make_layer().name());
  layer.set_times_of_content(task.make_layer().times_of_content());
  layer.set_made_by(worker);
  const v1::LayerRemembered* known = memo.FindLayer(layer.space(), layer.key());
  if (known != nullptr &&
      known->layer().layer().digest() == made.layer().digest()) {
    for (const std::string& repository : known->repositories()) {
      if (repository == layer.repositories(0)) return;
      layer.add_repositories(repository);
    }
  }
  Replace(known != nullptr, std::move(record), records);
}

// Adds the layers that were compared whole. There are none where the comparison
// was left to another image, which may not have passed; and a layer of which
// the image serves only a part does not count, since a later image may serve
// the rest.
void RememberLayers(const v1::Task& task,
                    v1::VerificationRemembered& verification) {
  const v1::VerifyImage& work = task.verify_image();
  const std::string& compared_in = verification.result().native()
                                       ? work.compared_on_platform_in()
                                       : work.compared_in();
  if (!compared_in.empty()) return;
  *verification.mutable_platform() = task.platform();
  verification.set_base(work.base());
  for (const v1::LayerContent& layer : work.layers()) {
    if (layer.partly_served() && !layer.compared()) continue;
    verification.add_layers(layer.digest());
  }
}

void RememberTask(const State& state, const v1::TaskFinished& change,
                  Records& records) {
  const TaskEntry* entry = state.FindTask(change.task_id());
  // A layer that is made to be compared is not at the destination.
  if (entry == nullptr || entry->copy) return;
  const Memo& memo = state.memo();
  const v1::TaskResult& result = change.result();
  if (result.has_resolved_file()) return;
  const v1::Task task = entry->UnpackTask();
  v1::JournalRecord record;
  if (result.has_made_layer() && task.has_make_layer()) {
    RememberLayer(memo, task, result.made_layer(), change.worker(), records);
  } else if (result.has_resolved_image() && task.has_resolve_image()) {
    v1::ImageRemembered& image = *record.mutable_image_remembered();
    image.set_key(ImageKey(task));
    *image.mutable_image() = result.resolved_image();
    image.mutable_image()->clear_manifest_gets();
    image.set_resolved_by(change.worker());
    const v1::ResolvedImage* known = memo.FindImage(image.key());
    if (known != nullptr &&
        known->top().content_descriptor().digest() ==
            image.image().top().content_descriptor().digest()) {
      return;
    }
    Replace(known != nullptr, std::move(record), records);
  } else if (result.has_verified_image() && task.has_verify_image()) {
    v1::VerificationRemembered& verification =
        *record.mutable_verification_remembered();
    verification.set_key(VerificationKey(task));
    verification.set_build_id(task.build_id());
    verification.set_worker(change.worker());
    *verification.mutable_result() = result.verified_image();
    RememberLayers(task, verification);
    Replace(memo.FindVerification(verification.key()) != nullptr,
            std::move(record), records);
  }
}

void CompleteResult(const State& state, const std::string& task_id,
                    v1::TaskResult& result) {
  if (!result.resolved_image().unchanged()) return;
  const TaskEntry* entry = state.FindTask(task_id);
  if (entry == nullptr) return;
  const v1::Task task = entry->UnpackTask();
  const v1::ResolvedImage* known = state.memo().FindImage(ImageKey(task));
  if (known == nullptr || known->top().content_descriptor().digest() !=
                              task.resolve_image().known_digest()) {
    return;
  }
  v1::ResolvedImage& image = *result.mutable_resolved_image();
  const int32_t gets = image.manifest_gets();
  image = *known;
  image.set_manifest_gets(gets);
}

// The items of a build as later ones are compared with them.
v1::ReleaseContents ContentsOf(const BuildEntry& build) {
  v1::ReleaseContents contents;
  contents.set_release(build.release.name());
  if (build.judged.empty()) return contents;
  const auto judged = build.judged.Get();
  for (const v1::ItemVerdict& verdict : judged.verdicts()) {
    v1::ItemVerdict& item = *contents.add_items();
    item.set_name(verdict.name());
    item.set_digest(verdict.digest());
    item.set_size(verdict.size());
  }
  return contents;
}

}  // namespace

void Complete(const State& state, v1::JournalRecord& record) {
  if (!record.has_task_finished()) return;
  v1::TaskFinished& change = *record.mutable_task_finished();
  CompleteResult(state, change.task_id(), *change.mutable_result());
}

std::vector<v1::JournalRecord> MemoriesOf(const State& state,
                                          const v1::JournalRecord& record) {
  Records records;
  switch (record.change_case()) {
    case v1::JournalRecord::kTaskFinished:
      RememberTask(state, record.task_finished(), records);
      break;
    case v1::JournalRecord::kLayerRemembered:
    case v1::JournalRecord::kReleaseRemembered:
    case v1::JournalRecord::kImageRemembered:
    case v1::JournalRecord::kVerificationRemembered:
      for (const std::string& subject : state.memo().Excess()) {
        ForgetSubject(subject, records);
      }
      break;
    default:
      break;
  }
  return records;
}

v1::ReleaseContents ReleaseBefore(const Memo& memo,
                                  const v1::Release& release) {
  const v1::ReleaseRemembered* known =
      memo.FindRelease(oci::FormatDestination(release.destination()));
  if (known == nullptr) return {};
  if (known->name() == release.name()) return known->before();
  v1::ReleaseContents before = known->contents();
  before.set_release(known->name());
  return before;
}

std::vector<v1::JournalRecord> RememberRelease(const State& state,
                                               const BuildEntry& build,
                                               absl::Time now) {
  v1::JournalRecord record;
  v1::ReleaseRemembered& release = *record.mutable_release_remembered();
  release.set_space(BlobSpaceOf(build.release.destination()));
  release.set_destination(oci::FormatDestination(build.release.destination()));
  release.set_build_id(build.build_id);
  release.set_name(build.release.name());
  std::set<std::string> seen;
  for (const v1::PlannedImage& planned : build.planned_images) {
    const std::string name = LayerGroupOf(planned);
    if (name.empty() || !seen.insert(name).second) continue;
    v1::RememberedGroup& group = *release.add_groups();
    group.set_name(name);
    // The last layer holds configuration or links. It is small, and made anew.
    for (int i = 0; i + 1 < planned.layer_task_ids_size(); ++i) {
      const TaskEntry* task = state.FindTask(planned.layer_task_ids(i));
      if (task == nullptr) continue;
      group.add_layers(task->UnpackResult().made_layer().layer().digest());
    }
  }
  *release.mutable_contents() = ContentsOf(build);
  *release.mutable_before() = ReleaseBefore(state.memo(), build.release);
  release.set_bytes_moved(build.bytes_fetched + build.bytes_pushed);
  *release.mutable_took() = ToProto(now - build.created);
  const v1::ReleaseRemembered* known =
      state.memo().FindRelease(release.destination());
  // The speed of the farm is measured by builds that moved enough bytes.
  if (known != nullptr && release.bytes_moved() < known->bytes_moved() / 10) {
    release.set_bytes_moved(known->bytes_moved());
    *release.mutable_took() = known->took();
  }
  Records records;
  Replace(known != nullptr, std::move(record), records);
  return records;
}

}  // namespace kso::coordinator
