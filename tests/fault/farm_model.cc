// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/farm_model.h"

#include "absl/strings/str_cat.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/oci/destination.h"

namespace kso::testing {
namespace {

// A planted fault: claims that layers are at the destination, and pushes none.
class LyingTasks : public worker::TaskExecutor {
 public:
  explicit LyingTasks(worker::TaskExecutor* next) : next_(*next) {}

  absl::StatusOr<v1::TaskResult> Execute(
      const v1::Task& task, worker::TaskControl& control) override {
    if (!task.has_copy_blobs() && !task.has_verify_image()) {
      return next_.Execute(task, control);
    }
    v1::TaskResult result;
    if (task.has_copy_blobs()) {
      result.mutable_copied_blobs();
    } else {
      result.mutable_verified_image();
    }
    return result;
  }

 private:
  worker::TaskExecutor& next_;
};

}  // namespace

FarmModel::FarmModel(const HistoryOptions& options)
    : dice_(options.seed),
      faults_(DrawFaults(dice_)),
      findings_(&loop_, options.keep_story),
      audit_(&findings_),
      twins_(&findings_),
      store_(&faults_, dice_.Fork(),
             [this](const v1::JournalRecord& record) {
               audit_.OnDurable(record);
               twins_.OnDurable(record);
             }),
      network_(&loop_, &faults_, dice_.Fork()),
      destination_(&faults_, dice_.Fork(), [this] { return loop_.now(); }),
      tasks_(&faults_, dice_.Fork(), &upstream_, &destination_),
      coordinator_(&loop_, dice_.Fork(), &network_, &store_, &destination_,
                   &findings_) {
  if (options.mutation == Mutation::kForgetfulStore) {
    store_.Forget([](const v1::JournalRecord& record) {
      return record.has_task_finished();
    });
  }
  worker::TaskExecutor* tasks = &tasks_;
  if (options.mutation == Mutation::kLyingWorkers) {
    destination_.set_careless();
    mutant_ = std::make_unique<LyingTasks>(&tasks_);
    tasks = mutant_.get();
  }
  destination_.set_on_tag([this](const std::string& repository,
                                 const std::string& tag,
                                 const std::string& digest) {
    findings_.Tell(Concat("tag ", repository, ":", tag, " is ", digest));
    audit_.OnTag(tag);
    const std::string missing = destination_.MissingFrom(repository, digest);
    if (!missing.empty()) {
      findings_.Broken(
          Concat("the tag ", repository, ":", tag, " lacks ", missing));
    }
  });
  const int workers = dice_.Between(3, 5);
  for (int i = 0; i < workers; ++i) {
    workers_.push_back(std::make_unique<WorkerNode>(
        absl::StrCat("worker", i), i % 2 == 0 ? "amd64" : "arm64", &loop_,
        &faults_, dice_.Fork(), &coordinator_, tasks, &audit_, &findings_));
  }
  MakeReleases();
  MakePeople();
}

void FarmModel::MakeReleases() {
  const int files = dice_.Between(1, 4);
  for (int i = 0; i < files; ++i) {
    const std::string url = absl::StrCat("https://dl.example.com/tool", i);
    v1::FileRequest& file = upstream_.AddFile(url, {"amd64", "arm64"},
                                              1000 * dice_.Between(1, 100000));
    // A file with a stated checksum can be reused by a later build.
    if (dice_.Chance(0.7)) file.set_digest(Sha256Of(url).ToString());
  }
  const int images = dice_.Between(1, 3);
  for (int i = 0; i < images; ++i) {
    upstream_.AddImage(absl::StrCat("registry.example.com/app", i, ":1"),
                       {.shared_layer = dice_.Chance(0.5) ? "common" : ""});
  }
  const int releases = dice_.Between(1, 2);
  for (int i = 0; i < releases; ++i) {
    v1::Release& release = releases_.emplace_back(upstream_.release);
    release.set_name(absl::StrCat("v", i));
    if (i == 0) continue;
    // The builds have much in common, but not everything.
    if (dice_.Chance(0.5)) release.mutable_files()->RemoveLast();
    if (dice_.Chance(0.5) && images > 1) release.mutable_images()->RemoveLast();
    if (release.files_size() == 0) release.clear_files_base();
  }
}

void FarmModel::MakePeople() {
  const int builds = dice_.Between(1, 3);
  for (int i = 0; i < builds; ++i) {
    v1::SubmitBuildRequest submit;
    submit.set_build_id(absl::StrCat("build", i));
    *submit.mutable_release() = dice_.Pick(releases_);
    submit.set_plan_only(dice_.Chance(0.1));
    submit.set_fresh(dice_.Chance(0.2));
    submit.set_priority(dice_.Between(-20, 20));
    // Some requests come from two users, or twice from one.
    const int people = dice_.Between(1, 2);
    for (int j = 0; j < people; ++j) {
      clients_.push_back(std::make_unique<ClientNode>(
          absl::StrCat("client", i, "-", j), submit, &loop_, dice_.Fork(),
          &coordinator_, &audit_, &findings_));
    }
  }
}

void FarmModel::Begin() {
  coordinator_.Start();
  for (const auto& each : workers_) {
    loop_.After(dice_.Between(absl::ZeroDuration(), absl::Seconds(5)),
                [worker = each.get()] { worker->Start(); });
  }
  for (const auto& each : clients_) {
    // A build begins at once, or when earlier ones may have left something to
    // reuse.
    const absl::Duration latest =
        dice_.Chance(0.5) ? absl::Seconds(60) : absl::Minutes(5);
    loop_.After(dice_.Between(absl::ZeroDuration(), latest),
                [client = each.get()] { client->Begin(); });
  }
  PlanFaults();
}

void FarmModel::Befall(absl::Duration mean, std::function<void()> what) {
  if (mean == absl::InfiniteDuration()) return;
  loop_.After(dice_.Between(absl::ZeroDuration(), 2 * mean),
              [this, mean, what = std::move(what)] {
                if (mended_) return;
                what();
                Befall(mean, what);
              });
}

void FarmModel::PlanFaults() {
  const auto some_worker = [this]() -> WorkerNode& {
    return *dice_.Pick(workers_);
  };
  const auto some_client = [this]() -> ClientNode& {
    return *dice_.Pick(clients_);
  };
  const auto soon = [this] {
    return dice_.Between(absl::Seconds(1), absl::Minutes(2));
  };
  Befall(faults_.between_partitions, [=, this] {
    const std::string node = some_worker().name();
    const absl::Time until = loop_.now() + soon();
    findings_.Tell(Concat(node, ": cut off"));
    const int ways = dice_.Between(1, 3);
    if (ways & 1) network_.Cut(node, Network::Way::kToCoordinator, until);
    if (ways & 2) network_.Cut(node, Network::Way::kFromCoordinator, until);
  });
  Befall(faults_.between_coordinator_kills, [this] {
    dice_.Chance(0.8) ? coordinator_.Kill("killed") : coordinator_.Stop();
  });
  Befall(faults_.between_clock_jumps, [this] {
    coordinator_.JumpClock(dice_.Between(-absl::Minutes(3), absl::Minutes(3)));
  });
  const auto start_soon = [=, this](WorkerNode& worker) {
    loop_.After(soon(), [&worker] { worker.Start(); });
  };
  Befall(faults_.between_worker_kills, [=] {
    WorkerNode& worker = some_worker();
    worker.Kill();
    start_soon(worker);
  });
  Befall(faults_.between_drains, [=, this] {
    WorkerNode& worker = some_worker();
    if (dice_.Chance(0.5)) {
      OrderDrain(worker.name());
    } else {
      worker.Drain();
    }
    start_soon(worker);
  });
  Befall(faults_.between_full_disks, [=, this] {
    WorkerNode& worker = some_worker();
    worker.SetDiskFull(true);
    loop_.After(soon(), [&worker] { worker.SetDiskFull(false); });
  });
  Befall(faults_.between_lost_blobs, [this] {
    findings_.Tell(Concat("destination: lost ", destination_.LoseBlob()));
  });
  Befall(faults_.between_cancels, [=] { some_client().Cancel(); });
  Befall(faults_.between_retries, [=] { some_client().Retry(); });
  Befall(faults_.between_lost_clients, [=] { some_client().StartAnew(); });
}

void FarmModel::OrderDrain(const std::string& worker) {
  findings_.Tell(Concat(worker, ": ordered to drain"));
  v1::DrainWorkerRequest request;
  request.set_name(worker);
  coordinator_.Call<v1::DrainWorkerResponse>(
      "operator", absl::Seconds(30),
      [this, request](coordinator::Engine& engine,
                      coordinator::Engine::Done<v1::DrainWorkerResponse> done) {
        // An order that comes late would be for the process that was started
        // when the farm was mended.
        if (mended_) return done(absl::UnavailableError("too late"));
        engine.DrainWorker(request, std::move(done));
      },
      [](const absl::StatusOr<v1::DrainWorkerResponse>&) {});
}

void FarmModel::Mend() {
  findings_.Tell("all is mended");
  mended_ = true;
  faults_ = Faults();
  network_.MendAll();
  for (const auto& worker : workers_) {
    worker->SetDiskFull(false);
    // The worker is started anew, since one that drains would end.
    worker->Kill();
    worker->Start();
  }
  for (const auto& client : clients_) Tend(*client);
}

void FarmModel::Tend(ClientNode& client) {
  if (client.told_the_end() && client.last_state() == v1::Build::FAILED) {
    client.Retry();
    client.WatchOn();
  }
  loop_.After(absl::Minutes(1), [this, &client] { Tend(client); });
}

bool FarmModel::AllIsDone() const {
  const coordinator::State* state = coordinator_.state();
  if (state == nullptr || !state->running().empty()) return false;
  for (const auto& client : clients_) {
    if (!client->told_the_end() || client->last_state() == v1::Build::FAILED) {
      return false;
    }
  }
  return true;
}

void FarmModel::CheckTheEnd() {
  if (!AllIsDone()) {
    findings_.Broken(
        "not all builds came to an end that their people heard of");
  }
  coordinator_.CompareWithReplay();
  const coordinator::State* state = coordinator_.state();
  if (state == nullptr) return findings_.Broken("the coordinator is down");
  if (!state->leases().empty()) {
    findings_.Broken("leases are left at the end");
  }
  for (const auto& client : clients_) {
    const coordinator::BuildEntry* build = state->FindBuild(client->build_id());
    if (build == nullptr) {
      if (!audit_.WasForgotten(client->build_id())) {
        findings_.Broken(Concat("a build is lost: ", client->build_id()));
      }
      continue;
    }
    std::vector<v1::Event> log;
    for (size_t i = 0; i < build->events.size(); ++i) {
      log.push_back(build->events[i]);
    }
    client->CheckLog(log);
    CheckBuild(*build);
  }
}

void FarmModel::CheckBuild(const coordinator::BuildEntry& build) {
  for (size_t i = 0; i < build.events.size(); ++i) {
    if (build.events[i].sequence() != static_cast<int64_t>(i) + 1) {
      findings_.Broken(Concat("the log of ", build.build_id, " has gaps"));
      break;
    }
  }
  if (build.state != v1::Build::SUCCEEDED || build.plan_only) return;
  for (const v1::ImageResult& image : build.images) {
    const std::string repository =
        oci::DestinationRepository(build.release.destination(), image.name());
    for (const std::string& tag : image.tags()) {
      const std::string digest = destination_.TagOf(repository, tag);
      if (digest.empty()) {
        findings_.Broken(Concat(build.build_id, " succeeded without ",
                                repository, ":", tag));
      } else if (tag.starts_with(build.release.name()) &&
                 audit_.EndedLastOfItsName(build.build_id) &&
                 digest != image.index().digest()) {
        findings_.Broken(Concat(repository, ":", tag, " is ", digest,
                                " in place of ", image.index().digest()));
      }
    }
  }
}

HistoryReport FarmModel::Report() const {
  HistoryReport report;
  report.broken = findings_.broken();
  report.story = findings_.story();
  report.fingerprint = findings_.fingerprint();
  report.builds = static_cast<int>(audit_.builds().size());
  report.tasks_finished = audit_.tasks_finished();
  report.coordinator_starts = coordinator_.starts();
  if (const coordinator::State* state = coordinator_.state()) {
    for (const auto& [id, build] : state->builds()) {
      report.succeeded += build.state == v1::Build::SUCCEEDED;
    }
  }
  return report;
}

}  // namespace kso::testing
