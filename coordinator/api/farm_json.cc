// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/farm_json.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/proto_time.h"
#include "common/oci/destination.h"
#include "common/oci/platform.h"
#include "common/release/verdicts.h"

namespace kso::coordinator {
namespace {

template <typename Enum>
struct Word {
  Enum value;
  std::string_view word;
};

constexpr std::array<Word<v1::Build::State>, 4> kBuildStates = {{
    {v1::Build::RUNNING, "running"},
    {v1::Build::SUCCEEDED, "succeeded"},
    {v1::Build::FAILED, "failed"},
    {v1::Build::CANCELLED, "cancelled"},
}};
constexpr std::array<Word<v1::Phase>, 7> kPhases = {{
    {v1::PHASE_UNSPECIFIED, "none"},
    {v1::RESOLVE, "resolve"},
    {v1::CHECK, "check"},
    {v1::LAYERS, "layers"},
    {v1::ASSEMBLE, "assemble"},
    {v1::VERIFY, "verify"},
    {v1::TAG, "tag"},
}};
constexpr std::array<Word<v1::TaskStatus::State>, 7> kTaskStates = {{
    {v1::TaskStatus::READY, "ready"},
    {v1::TaskStatus::DELAYED, "delayed"},
    {v1::TaskStatus::SHARED, "shared"},
    {v1::TaskStatus::RUNNING, "running"},
    {v1::TaskStatus::DONE, "done"},
    {v1::TaskStatus::FAILED, "failed"},
    {v1::TaskStatus::STOPPED, "stopped"},
}};
constexpr std::array<Word<v1::TaskStatus::Kind>, 6> kTaskKinds = {{
    {v1::TaskStatus::KIND_UNSPECIFIED, "unknown"},
    {v1::TaskStatus::RESOLVE_FILE, "resolveFile"},
    {v1::TaskStatus::RESOLVE_IMAGE, "resolveImage"},
    {v1::TaskStatus::MAKE_LAYER, "makeLayer"},
    {v1::TaskStatus::COPY_BLOBS, "copyBlobs"},
    {v1::TaskStatus::VERIFY_IMAGE, "verifyImage"},
}};
constexpr std::array<Word<v1::Event::Level>, 3> kLevels = {{
    {v1::Event::INFO, "info"},
    {v1::Event::WARNING, "warning"},
    {v1::Event::ERROR, "error"},
}};
constexpr std::array<Word<v1::Failure::Kind>, 4> kFailureKinds = {{
    {v1::Failure::KIND_UNSPECIFIED, "unknown"},
    {v1::Failure::INFRASTRUCTURE, "infrastructure"},
    {v1::Failure::TRANSIENT, "transient"},
    {v1::Failure::PERMANENT, "permanent"},
}};
constexpr std::array<Word<v1::WorkerStatus::State>, 4> kWorkerStates = {{
    {v1::WorkerStatus::READY, "ready"},
    {v1::WorkerStatus::DRAINING, "draining"},
    {v1::WorkerStatus::LOST, "lost"},
    {v1::WorkerStatus::UNHEALTHY, "unhealthy"},
}};

// The first word stands for values of later versions.
template <typename Words, typename Enum>
std::string_view WordOf(const Words& words, Enum value) {
  const auto found =
      std::find_if(words.begin(), words.end(),
                   [value](const auto& word) { return word.value == value; });
  return found == words.end() ? words.front().word : found->word;
}

template <typename Words>
auto ValueOf(const Words& words, std::string_view text)
    -> std::optional<decltype(words.front().value)> {
  for (const auto& word : words) {
    if (word.word == text) return word.value;
  }
  return std::nullopt;
}

bool IsSet(const google::protobuf::Timestamp& time) {
  return time.seconds() != 0 || time.nanos() != 0;
}

// Each adds a member where there is something to say.
void AddTime(OutJson& json, const char* name,
             const google::protobuf::Timestamp& time) {
  if (IsSet(time)) json[name] = TimeInJson(FromProto(time));
}
void AddText(OutJson& json, const char* name, const std::string& text) {
  if (!text.empty()) json[name] = text;
}
void AddBytes(OutJson& json, const char* name, int64_t bytes) {
  if (bytes >= 0) json[name] = bytes;
}

double Seconds(const google::protobuf::Duration& duration) {
  return absl::ToDoubleSeconds(FromProto(duration));
}

template <typename Texts>
OutJson Array(const Texts& texts) {
  OutJson array = OutJson::array();
  for (const auto& text : texts) array.push_back(text);
  return array;
}

template <typename Messages, typename Make>
OutJson ArrayOf(const Messages& messages, Make make) {
  OutJson array = OutJson::array();
  for (const auto& message : messages) array.push_back(make(message));
  return array;
}

template <typename Progress>
OutJson ProgressJson(const Progress& progress) {
  return {
      {"tasksTotal", progress.total()},
      {"tasksDone", progress.done()},
      {"tasksRunning", progress.running()},
      {"tasksFailed", progress.failed()},
      {"bytesTotal", progress.bytes_total()},
      {"bytesDone", progress.bytes_done()},
  };
}

OutJson SummaryJson(const v1::BuildSummary& build) {
  OutJson json = {
      {"id", build.build_id()},
      {"release", build.name()},
      {"state", WordOf(kBuildStates, build.state())},
      {"phase", WordOf(kPhases, build.phase())},
      {"revision", build.revision()},
      {"planOnly", build.plan_only()},
      {"fresh", build.fresh()},
      {"priority", build.priority()},
      {"created", TimeInJson(FromProto(build.created()))},
      {"destination", oci::FormatDestination(build.destination())},
      {"platforms", ArrayOf(build.platforms(), oci::FormatPlatform)},
      {"fileCount", build.file_count()},
      {"imageCount", build.image_count()},
      {"progress", ProgressJson(build.progress())},
      {"bytesFetched", build.bytes_fetched()},
      {"bytesPushed", build.bytes_pushed()},
      {"waiting", Array(build.waiting())},
      {"failureCount", build.failure_count()},
  };
  AddTime(json, "ended", build.ended());
  AddText(json, "submittedBy", build.submitted_by());
  return json;
}

OutJson FailureJson(const v1::Failure& failure) {
  OutJson json = {{"kind", WordOf(kFailureKinds, failure.kind())},
                  {"item", failure.item()},
                  {"reason", failure.reason()}};
  AddText(json, "advice", failure.advice());
  AddText(json, "location", failure.location());
  return json;
}

OutJson EventJson(const v1::Event& event) {
  OutJson json = {{"sequence", event.sequence()},
                  {"time", TimeInJson(FromProto(event.time()))},
                  {"level", WordOf(kLevels, event.level())},
                  {"text", event.text()}};
  AddText(json, "taskId", event.task_id());
  AddText(json, "worker", event.worker());
  return json;
}

// "pending", "running", "done" or "failed".
std::string_view PhaseState(const v1::Build& build,
                            const v1::PhaseProgress& progress, bool is_later) {
  if (is_later) return "pending";
  if (progress.phase() != build.phase()) return "done";
  switch (build.state()) {
    case v1::Build::RUNNING:
      return "running";
    case v1::Build::SUCCEEDED:
      return "done";
    default:
      return "failed";
  }
}

OutJson PhasesJson(const v1::BuildDetails& details) {
  OutJson phases = OutJson::array();
  const v1::Build& build = details.build();
  // A build that has just been submitted is in no phase yet.
  bool is_later = build.phase() == v1::PHASE_UNSPECIFIED;
  for (int i = 0; i < build.progress_size(); ++i) {
    const v1::PhaseProgress& progress = build.progress(i);
    OutJson& phase = phases.emplace_back(OutJson{
        {"phase", WordOf(kPhases, progress.phase())},
        {"state", PhaseState(build, progress, is_later)},
        {"byWorkers", progress.phase() == v1::RESOLVE ||
                          progress.phase() == v1::LAYERS ||
                          progress.phase() == v1::VERIFY},
        {"progress", ProgressJson(progress)},
    });
    if (!is_later && i < details.phases_size()) {
      AddTime(phase, "started", details.phases(i).started());
      AddTime(phase, "ended", details.phases(i).ended());
    }
    is_later = is_later || progress.phase() == build.phase();
  }
  return phases;
}

OutJson ItemJson(const v1::PlannedItem& item) {
  OutJson json = {{"name", item.name()},
                  {"restsOnValidator", item.rests_on_validator()}};
  AddBytes(json, "bytes", item.size());
  AddBytes(json, "bytesToFetch", item.bytes_to_fetch());
  return json;
}

OutJson PlanJson(const v1::BuildDetails& details) {
  const v1::PlanSummary& plan = details.build().plan();
  OutJson json = {
      {"fileCount", plan.file_count()},
      {"imageCount", plan.image_count()},
      {"layerCount", plan.layer_count()},
      {"layersReused", plan.layers_reused()},
      {"bytesReused", plan.bytes_reused()},
      {"bytesDead", plan.bytes_dead()},
      {"workerDiskBytes", plan.worker_disk_bytes()},
      {"missingPlatforms", Array(plan.missing_platforms())},
      {"notes", Array(plan.notes())},
      {"registries", ArrayOf(plan.registries(),
                             [](const v1::RegistryUse& use) -> OutJson {
                               return {{"registry", use.registry()},
                                       {"images", use.images()},
                                       {"manifestGets", use.manifest_gets()}};
                             })},
      {"items", ArrayOf(plan.items(), ItemJson)},
  };
  AddBytes(json, "bytesToFetch", plan.bytes_to_fetch());
  AddBytes(json, "bytesToPack", plan.bytes_to_pack());
  AddBytes(json, "bytesToPush", plan.bytes_to_push());
  AddText(json, "previousRelease", plan.previous_release());
  AddText(json, "previousBuild", details.previous_build_id());
  AddText(json, "destinationProblem", plan.destination_problem());
  if (const double seconds = Seconds(plan.estimated_time()); seconds > 0) {
    json["estimatedSeconds"] = seconds;
  }
  AddText(json, "estimateBasis", plan.estimate_basis());
  AddText(json, "missingPlatformsMeaning", plan.missing_platforms_meaning());
  return json;
}

OutJson OutcomeJson(const v1::BuildDetails& details, absl::Time now) {
  const v1::Build& build = details.build();
  int made = 0;
  for (const v1::LayerStatus& layer : details.layers()) {
    if (layer.state() == v1::TaskStatus::DONE) ++made;
  }
  const absl::Time end = IsSet(build.ended()) ? FromProto(build.ended()) : now;
  OutJson json = {
      {"bytesFetched", build.bytes_fetched()},
      {"bytesPushed", build.bytes_pushed()},
      {"layersMade", std::max(made - build.plan().layers_reused(), 0)},
      {"layersReused", build.plan().layers_reused()},
      {"seconds",
       std::max(absl::ToDoubleSeconds(end - FromProto(build.created())), 0.0)},
  };
  for (const v1::PhaseProgress& phase : build.progress()) {
    if (phase.phase() == v1::LAYERS && phase.has_took()) {
      json["layersSeconds"] = Seconds(phase.took());
    }
  }
  return json;
}

OutJson VerdictJson(const v1::ItemVerdict& item) {
  OutJson json = {{"name", item.name()},
                  {"verdict", release::VerdictWord(item.verdict())},
                  {"digest", item.digest()},
                  {"bytes", item.size()},
                  {"architectures", Array(item.architectures())}};
  AddText(json, "stated", item.stated());
  AddText(json, "remark", release::RemarkOn(item));
  return json;
}

std::string_view LayerState(const v1::PlannedLayer& planned,
                            v1::TaskStatus::State state) {
  if (planned.reused()) return "reused";
  switch (state) {
    case v1::TaskStatus::RUNNING:
      return "running";
    case v1::TaskStatus::DONE:
      return "made";
    case v1::TaskStatus::FAILED:
      return "failed";
    default:
      return "planned";
  }
}

OutJson LayersJson(const v1::BuildDetails& details) {
  OutJson layers = OutJson::array();
  const v1::PlanSummary& plan = details.build().plan();
  for (int i = 0; i < plan.layers_size(); ++i) {
    const v1::PlannedLayer& planned = plan.layers(i);
    const v1::LayerStatus layer =
        i < details.layers_size() ? details.layers(i) : v1::LayerStatus();
    OutJson& json = layers.emplace_back(OutJson{
        {"name", planned.name()},
        {"image", planned.image()},
        {"members", planned.members()},
        {"state", LayerState(planned, layer.state())},
        {"deadBytes", planned.dead_bytes()},
    });
    AddBytes(json, "bytes", planned.size());
    AddBytes(json, "bytesToFetch", planned.bytes_to_fetch());
    if (!layer.layer().digest().empty()) {
      json["digest"] = layer.layer().digest();
      json["encodedBytes"] = layer.layer().size();
    }
    AddText(json, "taskId", layer.task_id());
    AddText(json, "worker", layer.worker());
  }
  return layers;
}

// The findings of its verification, where it has ended well.
const v1::Verification* FindVerification(const v1::Build& build,
                                         const std::string& variant,
                                         const std::string& platform) {
  for (const v1::Verification& verification : build.verifications()) {
    if (verification.image() == variant &&
        oci::FormatPlatform(verification.platform()) == platform) {
      return &verification;
    }
  }
  return nullptr;
}

OutJson PlatformImageJson(const v1::BuildDetails& details,
                          const std::string& variant,
                          const v1::Descriptor& manifest) {
  const std::string platform = oci::FormatPlatform(manifest.platform());
  OutJson json = {{"platform", platform},
                  {"variant", variant},
                  {"verdict", "pending"},
                  {"checks", OutJson::array()}};
  AddText(json, "digest", manifest.digest());
  for (const v1::PlatformImageStatus& status : details.platform_images()) {
    if (status.variant() != variant ||
        oci::FormatPlatform(status.platform()) != platform) {
      continue;
    }
    if (status.state() == v1::TaskStatus::RUNNING) json["verdict"] = "running";
    if (status.state() == v1::TaskStatus::FAILED) {
      json["verdict"] = "failed";
      AddText(json, "reason", status.failure().reason());
    }
    AddText(json, "worker", status.worker());
  }
  const v1::Verification* verification =
      FindVerification(details.build(), variant, platform);
  if (verification == nullptr) return json;
  json["verdict"] = "verified";
  json["checks"] = Array(verification->checks());
  json["native"] = verification->native();
  AddText(json, "worker", verification->worker());
  AddText(json, "verifiedInBuild", verification->verified_in_build());
  if (verification->missing_fences_size() > 0) {
    json["missingFences"] = Array(verification->missing_fences());
  }
  return json;
}

// "kubespray-images-all": the name with what its first tag has besides the
// release's name.
std::string VariantOf(const v1::Build& build, const v1::ImageResult& image) {
  if (image.tags().empty() || !image.tags(0).starts_with(build.name())) {
    return image.name();
  }
  return image.name() + image.tags(0).substr(build.name().size());
}

OutJson ImagesJson(const v1::BuildDetails& details) {
  return ArrayOf(
      details.build().images(), [&](const v1::ImageResult& image) -> OutJson {
        const std::string variant = VariantOf(details.build(), image);
        return {
            {"name", image.name()},
            {"repository", image.repository()},
            {"tags", Array(image.tags())},
            {"digest", image.index().digest()},
            {"platforms", ArrayOf(image.manifests(),
                                  [&](const v1::Descriptor& manifest) {
                                    return PlatformImageJson(details, variant,
                                                             manifest);
                                  })},
        };
      });
}

OutJson TaskJson(const v1::TaskStatus& task) {
  OutJson json = {
      {"id", task.task_id()},
      {"name", task.name()},
      {"phase", WordOf(kPhases, task.phase())},
      {"kind", WordOf(kTaskKinds, task.kind())},
      {"state", WordOf(kTaskStates, task.state())},
      {"attempts", task.attempts()},
      {"bytesExpected", std::max<int64_t>(task.bytes_expected(), 0)},
  };
  if (!task.platform().architecture().empty()) {
    json["platform"] = oci::FormatPlatform(task.platform());
  }
  AddText(json, "worker", task.worker());
  AddTime(json, "started", task.started());
  AddTime(json, "ended", task.ended());
  if (task.state() == v1::TaskStatus::RUNNING) {
    json["bytesDone"] = task.bytes_done();
    AddText(json, "activity", task.activity());
    AddText(json, "host", task.host());
  }
  if (task.state() == v1::TaskStatus::DONE) {
    json["bytesFetched"] = task.bytes_fetched();
    json["bytesPushed"] = task.bytes_pushed();
  }
  AddText(json, "waitsFor", task.waits_for());
  AddTime(json, "retryAt", task.retry_at());
  if (task.reused()) json["reused"] = true;
  if (task.has_failure()) json["failure"] = FailureJson(task.failure());
  return json;
}

OutJson LeaseJson(const v1::TaskStatus& task) {
  OutJson json = {{"taskId", task.task_id()}};
  AddText(json, "buildId", task.task_id().substr(0, task.task_id().find('/')));
  AddText(json, "taskName", task.name());
  AddTime(json, "started", task.started());
  AddText(json, "activity", task.activity());
  AddText(json, "host", task.host());
  json["bytesDone"] = task.bytes_done();
  if (task.bytes_expected() > 0) json["bytesExpected"] = task.bytes_expected();
  return json;
}

// A page that has its items, and more.
template <typename Page>
OutJson PageJson(const Page& page, OutJson items) {
  OutJson json = {{"items", std::move(items)}, {"total", page.total()}};
  AddText(json, "nextPageToken", page.next_page_token());
  return json;
}

}  // namespace

std::string TimeInJson(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

OutJson ToJson(const v1::ListBuildSummariesResponse& page) {
  return PageJson(page, ArrayOf(page.builds(), SummaryJson));
}

OutJson ToJson(const v1::BuildDetails& details, absl::Time now) {
  const v1::Build& build = details.build();
  OutJson json = SummaryJson(details.summary());
  json["phases"] = PhasesJson(details);
  json["failures"] = ArrayOf(build.failures(), FailureJson);
  json["notes"] = Array(build.notes());
  if (build.has_plan()) json["plan"] = PlanJson(details);
  json["outcome"] = OutcomeJson(details, now);
  json["layers"] = LayersJson(details);
  json["verdicts"] = ArrayOf(build.verdicts(), VerdictJson);
  json["images"] = ImagesJson(details);
  json["hosts"] = ArrayOf(build.hosts(), [now](const v1::HostLimit& host) {
    return ToJson(host, now);
  });
  json["events"] = ArrayOf(details.events(), EventJson);
  json["lastSequence"] = details.summary().last_sequence();
  return json;
}

OutJson ToJson(const v1::ListTasksResponse& page) {
  return PageJson(page, ArrayOf(page.tasks(), TaskJson));
}

OutJson ToJson(const v1::ListEventsResponse& page) {
  OutJson json = {{"items", ArrayOf(page.events(), EventJson)},
                  {"lastSequence", page.last_sequence()}};
  if (page.next_after() > 0) json["nextAfter"] = page.next_after();
  return json;
}

OutJson ToJson(const v1::WorkerDetails& worker) {
  const v1::WorkerInfo& info = worker.status().info();
  OutJson json = {
      {"name", info.name()},
      {"state", WorkerStateInJson(worker.status().state())},
      {"platforms", ArrayOf(info.platforms(),
                            [](const v1::PlatformSupport& support) -> OutJson {
                              return {{"platform",
                                       oci::FormatPlatform(support.platform())},
                                      {"native", support.native()}};
                            })},
      {"slots", std::max(info.slots(), 0)},
      {"version", info.version()},
      {"canExecute", info.can_execute()},
      {"diskFreeBytes", std::max<int64_t>(info.disk_free_bytes(), 0)},
      {"lastSeen", TimeInJson(FromProto(worker.status().last_seen()))},
      {"tasksDone", worker.status().tasks_done()},
      {"drainOrdered", worker.drain_ordered()},
      {"leases", ArrayOf(worker.tasks(), LeaseJson)},
  };
  AddText(json, "cannotExecuteReason", info.cannot_execute_reason());
  AddText(json, "unhealthyReason", info.unhealthy_reason());
  return json;
}

OutJson ToJson(const v1::HostLimit& host, absl::Time now) {
  OutJson json = {{"host", host.host()},
                  {"tasksRunning", host.tasks_running()},
                  {"tasksWaiting", host.tasks_waiting()},
                  {"bytesReceived", host.bytes_received()},
                  {"bytesSent", host.bytes_sent()}};
  if (host.task_limit() > 0) json["taskLimit"] = host.task_limit();
  if (host.has_quota()) {
    OutJson& quota = json["quota"];
    quota = {{"limit", std::max<int64_t>(host.quota().limit(), 0)},
             {"remaining", std::max<int64_t>(host.quota().remaining(), 0)}};
    if (host.quota().has_window()) {
      quota["windowSeconds"] = Seconds(host.quota().window());
    }
  }
  if (host.has_paused_for()) {
    json["pausedUntil"] = TimeInJson(now + FromProto(host.paused_for()));
  }
  AddText(json, "words", host.words());
  return json;
}

OutJson ToJson(const v1::ReleaseStatus& release) {
  return {
      {"name", release.name()},
      {"destination", release.destination()},
      {"buildId", release.build_id()},
      {"layers", release.layers()},
      {"bytes", release.bytes()},
      {"bytesMoved", std::max<int64_t>(release.bytes_moved(), 0)},
      {"seconds", Seconds(release.took())},
      {"buildKept", release.build_kept()},
  };
}

OutJson ToJson(const v1::FarmTotals& totals) {
  return {
      {"tasksDone", totals.tasks_done()},
      {"tasksFailed", totals.tasks_failed()},
      {"tasksReused", totals.tasks_reused()},
      {"layersMade", totals.layers_made()},
      {"layersReused", totals.layers_reused()},
      {"bytesFetched", totals.bytes_fetched()},
      {"bytesPushed", totals.bytes_pushed()},
      {"bytesReused", totals.bytes_reused()},
  };
}

OutJson ToJson(const v1::FarmStatus& farm, std::string_view version) {
  return {
      {"version", version},
      {"started", TimeInJson(FromProto(farm.started()))},
      {"now", TimeInJson(FromProto(farm.now()))},
      {"buildsRunning", farm.builds_running()},
      {"buildsTotal", farm.builds_total()},
      {"tasksRunning", farm.tasks_running()},
      {"tasksWaiting", farm.tasks_waiting()},
      {"platforms", ArrayOf(farm.platforms(),
                            [](const v1::PlatformPool& pool) -> OutJson {
                              return {{"platform", pool.platform()},
                                      {"workersReady", pool.workers_ready()},
                                      {"workersNative", pool.workers_native()},
                                      {"slots", pool.slots()},
                                      {"slotsUsed", pool.slots_used()}};
                            })},
      {"queues", ArrayOf(farm.queues(),
                         [](const v1::TaskQueueStatus& queue) -> OutJson {
                           return {{"platform", queue.platform()},
                                   {"mustExecute", queue.must_execute()},
                                   {"ready", queue.ready()},
                                   {"delayed", queue.delayed()},
                                   {"reasons", Array(queue.reasons())},
                                   {"oldestSeconds", Seconds(queue.oldest())}};
                         })},
      {"totals", ToJson(farm.totals())},
  };
}

OutJson ToJson(const v1::WatchFarmResponse& change) {
  return {
      {"revision", change.revision()},
      {"builds", ArrayOf(change.builds(),
                         [](const v1::BuildStamp& stamp) -> OutJson {
                           return {
                               {"id", stamp.build_id()},
                               {"revision", stamp.revision()},
                               {"state", WordOf(kBuildStates, stamp.state())},
                               {"phase", WordOf(kPhases, stamp.phase())},
                               {"lastSequence", stamp.last_sequence()}};
                         })},
      {"removedBuilds", Array(change.removed_builds())},
      {"workers", Array(change.workers())},
      {"hosts", change.hosts()},
  };
}

OutJson ToJson(const v1::AuditRecord& record) {
  OutJson json = {{"time", TimeInJson(FromProto(record.time()))},
                  {"who", record.who()},
                  {"by", record.by()},
                  {"what", record.what()},
                  {"allowed", record.allowed()},
                  {"outcome", record.outcome()}};
  AddText(json, "id", record.id());
  AddText(json, "from", record.from());
  AddText(json, "on", record.on());
  if (record.left_out() > 0) json["leftOut"] = record.left_out();
  return json;
}

std::optional<v1::Build::State> ParseBuildState(std::string_view word) {
  return ValueOf(kBuildStates, word);
}
std::optional<v1::TaskStatus::State> ParseTaskState(std::string_view word) {
  return ValueOf(kTaskStates, word);
}
std::optional<v1::Phase> ParsePhase(std::string_view word) {
  return ValueOf(kPhases, word);
}
std::optional<v1::Event::Level> ParseLevel(std::string_view word) {
  return ValueOf(kLevels, word);
}
std::string_view WorkerStateInJson(v1::WorkerStatus::State state) {
  return WordOf(kWorkerStates, state);
}

}  // namespace kso::coordinator
