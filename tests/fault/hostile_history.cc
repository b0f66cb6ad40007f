// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/hostile_history.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "common/blob/disk_blob_store.h"
#include "common/bytes/digest.h"
#include "common/http/retry.h"
#include "common/oci/login/credentials.h"
#include "common/oci/login/token_cache.h"
#include "common/oci/media_types.h"
#include "common/oci/registry/registry_connector.h"
#include "common/text/printable_text.h"
#include "coordinator/engine/engine_core.h"
#include "coordinator/registry/registry_actions.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fault/crashing_store.h"
#include "tests/fault/hostile_hosts.h"
#include "worker/conversation.h"
#include "worker/lease_book.h"
#include "worker/task/image_stores.h"
#include "worker/task_dispatcher.h"

namespace kso::testing {
namespace {

namespace fs = std::filesystem;
using coordinator::Engine;
using coordinator::EngineCore;

constexpr size_t kLargestMessage = 64 << 20;
constexpr int kMostSteps = 3000;
constexpr char kFileHost[] = "dl.example.com";
constexpr char kRegistry[] = "registry.example.com";
constexpr char kHub[] = "registry-1.docker.io";
constexpr char kDestination[] = "destination.example.com";
// The hosts of the last build mean well.
constexpr char kGoodHost[] = "good.example.com";

// Returns a message as it is after it was sent, or stored, and read; nothing
// when it cannot be.
template <typename Message>
std::optional<Message> OverTheWire(const Message& message) {
  std::string bytes;
  Message read;
  if (!message.SerializeToString(&bytes) || bytes.size() > kLargestMessage ||
      !read.ParseFromString(bytes)) {
    return std::nullopt;
  }
  return read;
}

// Runs everything but containers, which end well, or with words of their own.
class TasksWithoutContainers : public worker::TaskExecutor {
 public:
  TasksWithoutContainers(worker::TaskExecutor* next, Dice dice,
                         double hostility)
      : next_(*next), dice_(dice), hostility_(hostility) {}

  absl::StatusOr<v1::TaskResult> Execute(
      const v1::Task& task, worker::TaskControl& control) override {
    if (!task.has_verify_image()) return next_.Execute(task, control);
    if (dice_.Chance(hostility_)) {
      return absl::FailedPreconditionError(
          Concat("the container says: ", HostileText(dice_)));
    }
    v1::TaskResult result;
    result.mutable_verified_image()->set_native(true);
    if (dice_.Chance(hostility_)) {
      result.mutable_verified_image()->add_checks(HostileText(dice_));
    }
    return result;
  }
  void SetHostility(double hostility) { hostility_ = hostility; }

 private:
  worker::TaskExecutor& next_;
  Dice dice_;
  double hostility_;
};

// A worker's process without threads: its tasks run where its owner says.
struct WorkerModel {
  std::string name;
  std::string architecture;
  std::unique_ptr<DiskBlobStore> cache;
  std::unique_ptr<worker::TaskExecutor> dispatcher;
  std::unique_ptr<TasksWithoutContainers> tasks;
  std::unique_ptr<worker::Conversation> conversation;
  std::unique_ptr<worker::LeaseBook> book;
};

class HostileHistory {
 public:
  HostileHistory(uint64_t seed, fs::path directory)
      : dice_(seed),
        directory_(std::move(directory)),
        hosts_(dice_.Next()),
        store_(&no_faults_, dice_.Fork(), [](const v1::JournalRecord&) {}) {
    clock_.AdvanceByItself();
    fs::remove_all(directory_);
    // From one answer in a thousand to one in three, so that some builds get
    // far before something is wrong.
    hostility_ = dice_.Between(1, 10) / 30.0;
    for (int i = dice_.Between(0, 2); i > 0; --i) hostility_ /= 10;
    if (dice_.Chance(0.5)) odd_documents_ = dice_.Between(1, 30) / 100.0;
    hosts_.SetTokens(dice_.Chance(0.3));
    hosts_.SetSticky(dice_.Chance(0.5));
    auto through = std::make_unique<Shared>(&hosts_);
    http::RetryOptions retries;
    retries.attempts = 2;
    registries_ = http::WithRetries(std::move(through), &clock_, retries);
    MakeWorld();
    MakeWorkers();
    StartCoordinator();
  }
  ~HostileHistory() {
    engine_ = nullptr;
    workers_.clear();
    fs::remove_all(directory_);
  }

  HostileReport Run() {
    for (const char* host :
         {kFileHost, kRegistry, kHub, kGoodHost, kDestination}) {
      if (dice_.Chance(0.5)) hosts_.SetHostility(host, hostility_);
    }
    const int builds = dice_.Between(1, 2);
    for (int i = 0; i < builds; ++i) {
      Submit(absl::StrCat("hostile", i), hostile_release_);
    }
    LiveUntilAllHaveEnded();
    StartCoordinator();
    for (WorkerModel& worker : workers_) Sync(worker);
    CheckBuilds();
    MeanWell();
    Submit("good", good_release_);
    LiveUntilAllHaveEnded();
    CheckGoodBuild();
    report_.requests = hosts_.requests();
    if (hosts_.went_on_for_ever()) Broken("a transfer goes on for ever");
    return report_;
  }

 private:
  // Hands every request on to hosts that somebody else owns.
  class Shared : public http::Transport {
   public:
    explicit Shared(http::Transport* next) : next_(*next) {}
    absl::StatusOr<http::Response> Perform(const http::Request& request,
                                           size_t max_body) override {
      return next_.Perform(request, max_body);
    }
    absl::StatusOr<http::Response> Download(const http::Request& request,
                                            ByteSink& sink,
                                            OnResponse on_response) override {
      return next_.Download(request, sink, std::move(on_response));
    }

   private:
    http::Transport& next_;
  };

  void Broken(std::string what) { report_.broken.push_back(std::move(what)); }

  // Ends all hostility.
  void MeanWell() {
    for (const char* host :
         {kFileHost, kRegistry, kHub, kGoodHost, kDestination}) {
      hosts_.SetHostility(host, 0);
    }
    for (WorkerModel& worker : workers_) worker.tasks->SetHostility(0);
  }

  // Documents that are hostile and have the right digests, too.
  std::string Perhaps(std::string json, bool hostile) {
    if (hostile && dice_.Chance(odd_documents_)) {
      return HostileJson(dice_, std::move(json));
    }
    return json;
  }

  std::string DescriptorText(std::string_view type, const std::string& content,
                             const std::string& more, bool hostile) {
    std::string size = absl::StrCat(content.size());
    if (hostile && dice_.Chance(odd_documents_ / 4))
      size = HostileNumber(dice_);
    return Concat("{\"mediaType\":\"", type, "\",\"digest\":\"",
                  Sha256Of(content).ToString(), "\",\"size\":", size, more,
                  "}");
  }

  // An image for both architectures.
  void AddImage(const std::string& host, const std::string& repository,
                const std::string& tag, bool hostile) {
    std::vector<std::string> entries;
    for (const char* architecture : {"amd64", "arm64"}) {
      const std::string layer = Concat("layer of ", repository, architecture);
      hosts_.AddBlob(host, layer);
      const std::string config = Perhaps(
          Concat("{\"os\":\"linux\",\"architecture\":\"", architecture,
                 "\",\"config\":{\"Cmd\":[\"serve\"],\"Volumes\":{\"/var/lib/"
                 "registry\":{}}},\"rootfs\":{\"type\":\"layers\","
                 "\"diff_ids\":[\"",
                 Sha256Of("unpacked " + layer).ToString(), "\"]}}"),
          hostile);
      hosts_.AddBlob(host, config);
      const std::string manifest = Perhaps(
          Concat("{\"schemaVersion\":2,\"mediaType\":\"", oci::kOciManifest,
                 "\",\"config\":",
                 DescriptorText(oci::kOciConfig, config, "", hostile),
                 ",\"layers\":[",
                 DescriptorText(oci::kOciLayerGzip, layer, "", hostile), "]}"),
          hostile);
      hosts_.AddManifest(host, repository, Sha256Of(manifest).ToString(),
                         oci::kOciManifest, manifest);
      entries.push_back(DescriptorText(
          oci::kOciManifest, manifest,
          Concat(",\"platform\":{\"os\":\"linux\",\"architecture\":\"",
                 architecture, "\"}"),
          hostile));
    }
    const std::string index =
        Perhaps(Concat("{\"schemaVersion\":2,\"mediaType\":\"", oci::kOciIndex,
                       "\",\"manifests\":[", absl::StrJoin(entries, ","), "]}"),
                hostile);
    hosts_.AddManifest(host, repository, tag, oci::kOciIndex, index);
    hosts_.AddManifest(host, repository, Sha256Of(index).ToString(),
                       oci::kOciIndex, index);
  }

  v1::Release ReleaseOf(const std::string& name, const std::string& file_host,
                        const std::string& registry, const std::string& base) {
    v1::Release release;
    release.set_name(name);
    for (const char* architecture : {"amd64", "arm64"}) {
      v1::Platform& platform = *release.add_platforms();
      platform.set_os("linux");
      platform.set_architecture(architecture);
    }
    release.set_files_base(Concat(base, "/library/nginx:1"));
    release.set_images_base(Concat(base, "/library/registry:3"));
    release.mutable_destination()->set_kind(v1::Destination::REGISTRY);
    release.mutable_destination()->set_location(Concat(kDestination, "/team"));
    const int files = dice_.Between(1, 3);
    for (int i = 0; i < files; ++i) {
      const std::string url = absl::StrCat("https://", file_host, "/f", i);
      // A file without a byte is refused.
      const std::string content(static_cast<size_t>(dice_.Between(1, 3000)),
                                static_cast<char>('a' + i));
      hosts_.AddFile(url, content);
      v1::FileRequest& file = *release.add_files();
      file.set_url(url);
      file.set_location(absl::StrCat("files.list:", i + 1));
      if (dice_.Chance(0.5)) file.set_digest(Sha256Of(content).ToString());
      file.add_architectures("amd64");
      file.add_architectures("arm64");
    }
    const int images = dice_.Between(1, 2);
    for (int i = 0; i < images; ++i) {
      v1::ImageRequest& image = *release.add_images();
      image.set_reference(absl::StrCat(registry, "/app", i, ":1"));
      image.set_location(absl::StrCat("images.list:", i + 1));
      AddImage(registry, absl::StrCat("app", i), "1", registry == kRegistry);
    }
    return release;
  }

  void MakeWorld() {
    AddImage(kHub, "library/nginx", "1", true);
    AddImage(kHub, "library/registry", "3", true);
    hostile_release_ = ReleaseOf("v1", kFileHost, kRegistry, "docker.io");
    AddImage(kGoodHost, "library/nginx", "1", false);
    AddImage(kGoodHost, "library/registry", "3", false);
    good_release_ = ReleaseOf("v2", kGoodHost, kGoodHost, kGoodHost);
    // Some histories know only documents that are as they should be.
    if (dice_.Chance(0.2)) hostile_release_ = good_release_;
    hostile_release_.set_name("v1");
  }

  void MakeWorkers() {
    stores_ = worker::CreateImageStores(
        registries_.get(), &clock_, &credentials_, {},
        {.cache = std::make_shared<oci::TokenCache>(&clock_), .realms = {}});
    for (const char* architecture : {"amd64", "arm64"}) {
      WorkerModel& worker = workers_.emplace_back();
      worker.name = Concat("worker-", architecture);
      worker.architecture = architecture;
      auto cache = DiskBlobStore::Create(directory_ / worker.name / "blobs");
      if (!cache.ok()) return Broken(cache.status().ToString());
      worker.cache = *std::move(cache);
      worker::WorkerParts parts;
      parts.clock = &clock_;
      parts.transport = &hosts_;
      parts.stores = stores_.get();
      parts.cache = worker.cache.get();
      parts.directory = directory_ / worker.name;
      parts.fetches_at_once = 1;
      worker.dispatcher = worker::CreateTaskDispatcher(parts);
      worker.tasks = std::make_unique<TasksWithoutContainers>(
          worker.dispatcher.get(), dice_.Fork(), hostility_);
      worker.conversation =
          std::make_unique<worker::Conversation>(Concat("s-", worker.name));
      worker.book = std::make_unique<worker::LeaseBook>(2);
    }
  }

  // Starts it, or starts it again from its journal.
  void StartCoordinator() {
    engine_ = nullptr;
    actions_ = coordinator::CreateRegistryActions(
        [this](const v1::Destination& destination, std::stop_token stop)
            -> absl::StatusOr<std::shared_ptr<oci::ImageStore>> {
          auto store =
              oci::RegistryConnector(registries_.get(), &clock_, &credentials_)
                  .Open(destination.location().substr(
                            0, destination.location().find('/')),
                        false, std::move(stop));
          if (!store.ok()) return store.status();
          return std::shared_ptr<oci::ImageStore>(*std::move(store));
        },
        [this](absl::AnyInvocable<void()> work) {
          work_.push_back(std::move(work));
        });
    work_.clear();
    coordinator::EngineOptions options;
    options.new_lease_id = [this] { return absl::StrCat("lease-", ++leases_); };
    engine_ = std::make_unique<EngineCore>(options, &store_, actions_.get());
    const absl::Status started = engine_->Start(clock_.Now());
    if (!started.ok()) {
      Broken(Concat("the journal cannot be read: ", ToStd(started.message())));
      engine_ = nullptr;
      return;
    }
    Settle();
  }

  // Runs turns and the coordinator's own work until nothing is due.
  void Settle() {
    for (int i = 0; i < 100 && engine_ != nullptr; ++i) {
      std::deque<coordinator::Mailbox::Command> commands =
          engine_->mailbox().TakeNow();
      const bool called = !commands.empty();
      const absl::StatusOr<absl::Time> due =
          engine_->Turn(clock_.Now(), commands);
      if (!due.ok()) {
        Broken(Concat("a turn failed: ", ToStd(due.status().message())));
        engine_ = nullptr;
        return;
      }
      due_ = *due;
      const bool worked = !work_.empty();
      for (auto& work : std::exchange(work_, {})) work();
      if (!called && !worked && due_ > clock_.Now()) return;
    }
  }

  void Submit(const std::string& id, const v1::Release& release) {
    if (engine_ == nullptr) return;
    v1::SubmitBuildRequest request;
    request.set_build_id(id);
    *request.mutable_release() = release;
    engine_->SubmitBuild(request, [this](const absl::StatusOr<v1::Build>& b) {
      if (!b.ok()) {
        Broken(Concat("a submit is refused: ", ToStd(b.status().message())));
      }
    });
    Settle();
  }

  void Sync(WorkerModel& worker) {
    if (engine_ == nullptr) return;
    v1::WorkerInfo info;
    info.set_name(worker.name);
    info.set_slots(2);
    info.set_can_execute(true);
    v1::PlatformSupport& support = *info.add_platforms();
    support.mutable_platform()->set_os("linux");
    support.mutable_platform()->set_architecture(worker.architecture);
    support.set_native(true);
    const v1::SyncRequest request =
        worker.conversation->MakeRequest(info, false, *worker.book);
    const std::optional<v1::SyncRequest> read = OverTheWire(request);
    if (!read) return Broken("a worker's report cannot be read");
    const auto answer =
        std::make_shared<std::optional<absl::StatusOr<v1::SyncResponse>>>();
    engine_->Sync(*read, {absl::Seconds(15), nullptr},
                  [answer](absl::StatusOr<v1::SyncResponse> response) {
                    *answer = std::move(response);
                  });
    Settle();
    // A parked call is answered when the next one takes its place.
    if (!answer->has_value()) return;
    const absl::StatusOr<v1::SyncResponse>& response = **answer;
    if (!response.ok()) {
      return Broken(
          Concat("a sync is refused: ", ToStd(response.status().message())));
    }
    const std::optional<v1::SyncResponse> leases = OverTheWire(*response);
    if (!leases) return Broken("the answer to a worker cannot be read");
    worker.conversation->Apply(request, *leases, *worker.book);
    while (worker.book->CanTake()) {
      const std::shared_ptr<worker::LeaseBook::Entry> entry =
          worker.book->Take();
      worker.book->Finish(
          *entry,
          entry->control.cancelled()
              ? absl::CancelledError("cancelled")
              : worker.tasks->Execute(entry->lease.task(), entry->control));
    }
  }

  bool AllHaveEnded() const {
    if (engine_ == nullptr) return true;
    return engine_->state().running().empty();
  }

  void LiveUntilAllHaveEnded() {
    for (int step = 0; step < kMostSteps && report_.broken.empty(); ++step) {
      if (AllHaveEnded()) return;
      for (WorkerModel& worker : workers_) Sync(worker);
      if (dice_.Chance(0.03)) StartCoordinator();
      bool busy = false;
      for (const WorkerModel& worker : workers_) {
        busy = busy || !worker.book->Look().results.empty();
      }
      if (busy || AllHaveEnded()) continue;
      // Nothing is left to do before the next of them is due.
      clock_.AdvanceTo(std::clamp(due_, clock_.Now() + absl::Milliseconds(100),
                                  clock_.Now() + absl::Seconds(9)));
      Settle();
    }
    if (!AllHaveEnded()) Broken("a build does not end");
  }

  std::optional<v1::Build> Get(const std::string& id) {
    std::optional<v1::Build> found;
    v1::GetBuildRequest request;
    request.set_build_id(id);
    engine_->GetBuild(request, [&](const absl::StatusOr<v1::Build>& build) {
      if (build.ok()) found = OverTheWire(*build);
    });
    Settle();
    if (!found) Broken(Concat("the build ", id, " cannot be read"));
    return found;
  }

  void CheckWords(std::string_view what, std::string_view text,
                  bool may_be_empty) {
    if (text.empty() && !may_be_empty) Broken(Concat(what, " is empty"));
    if (text.size() > kLongestText) Broken(Concat(what, " is too long"));
    if (PrintableText(text) != text) {
      Broken(Concat(what, " is not printable: ", PrintableText(text)));
    }
  }

  void CheckBuilds() {
    if (engine_ == nullptr) return;
    for (const auto& [id, entry] : engine_->state().builds()) {
      const std::optional<v1::Build> build = Get(id);
      if (!build) return;
      ++report_.builds;
      if (build->state() == v1::Build::SUCCEEDED) {
        ++report_.succeeded;
        continue;
      }
      if (build->failures().empty()) Broken("a failed build says nothing");
      for (const v1::Failure& failure : build->failures()) {
        report_.failures.push_back(Concat(
            failure.item(), ": ", failure.reason(), "; ", failure.advice()));
        CheckWords(Concat("the item of \"", failure.reason(), "\""),
                   failure.item(), false);
        CheckWords(Concat("the reason for ", failure.item()), failure.reason(),
                   false);
        CheckWords(Concat("the advice for ", failure.item()), failure.advice(),
                   true);
      }
    }
  }

  void CheckGoodBuild() {
    if (engine_ == nullptr || !report_.broken.empty()) return;
    const std::optional<v1::Build> build = Get("good");
    if (!build) return;
    if (build->state() != v1::Build::SUCCEEDED) {
      std::string why;
      for (const v1::Failure& failure : build->failures()) {
        why += Concat(failure.item(), ": ", failure.reason(), "\n");
      }
      return Broken(Concat("the farm does not recover: ", why));
    }
    if (hosts_.ManifestAt(kDestination, "team/kubespray-files", "v2").empty()) {
      Broken("the good build left no tag");
    }
  }

  Dice dice_;
  const fs::path directory_;
  double hostility_ = 0;
  // The share of images' documents that are odd, with digests that are right.
  double odd_documents_ = 0;
  HostileReport report_;
  FakeClock clock_;
  HostileHosts hosts_;
  const oci::Credentials credentials_;
  std::unique_ptr<http::Transport> registries_;
  std::unique_ptr<worker::ImageStores> stores_;
  v1::Release hostile_release_;
  v1::Release good_release_;
  std::vector<WorkerModel> workers_;
  const Faults no_faults_;
  CrashingStore store_;
  std::unique_ptr<coordinator::BuildActions> actions_;
  // The actions of the coordinator at the destination, to be run soon.
  std::vector<absl::AnyInvocable<void()>> work_;
  int64_t leases_ = 0;
  absl::Time due_;
  std::unique_ptr<EngineCore> engine_;
};

}  // namespace

HostileReport RunHostileHistory(uint64_t seed,
                                const std::filesystem::path& directory) {
  return HostileHistory(seed, directory).Run();
}

}  // namespace kso::testing
