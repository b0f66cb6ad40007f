// SPDX-License-Identifier: Apache-2.0
// Every request of the services into an engine, in any order and with anything
// in it: it is answered, the answer can be sent, and a restart from the journal
// gives the same state.

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/bytes/digest.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/worker.pb.h"
#include "tests/fakes/resolved_release.h"
#include "tests/fault/crashing_store.h"
#include "tests/fault/state_text.h"
#include "tests/fuzz/engine_harness.h"
#include "tests/fuzz/fill_message.h"

namespace {

using kso::coordinator::Engine;
using kso::fuzz::FillMessage;
using kso::fuzz::Input;
using kso::fuzz::Require;
using kso::fuzz::RequireSendable;
namespace v1 = kso::v1;

constexpr const char* kFile = "https://dl.example.com/a";
constexpr const char* kBuilds[] = {"b1", "b2", "b3"};
constexpr const char* kWorkers[] = {"one", "two", "three"};

const kso::testing::ResolvedRelease& World() {
  static const auto& world = *[] {
    auto* made = new kso::testing::ResolvedRelease;
    made->AddFile(kFile, {"amd64", "arm64"});
    made->AddFile("https://dl.example.com/b", {"amd64"})
        .set_digest(kso::Sha256Of("b").ToString());
    made->AddImage("registry.example.com/pause:3.9", {.layers = {0}});
    return made;
  }();
  return world;
}

const std::vector<std::string>& Words() {
  static const auto& words =
      *new std::vector<std::string>{"b1",
                                    "b2",
                                    "one",
                                    "two",
                                    "session-1",
                                    "lease-1",
                                    "lease-2",
                                    "lease-3",
                                    "linux",
                                    "amd64",
                                    "arm64",
                                    kFile,
                                    "registry.example.com/pause:3.9",
                                    "docker.io/library/nginx:1.25.2-alpine",
                                    "docker.io/library/registry:3",
                                    "registry.example.com/team",
                                    "application/vnd.oci.image.index.v1+json",
                                    kso::Sha256Of("b").ToString()};
  return words;
}

class History {
 public:
  explicit History(Input& input)
      : input_(input),
        store_(&no_faults_, kso::testing::Dice(1),
               [](const v1::JournalRecord&) {}),
        room_(&input_, &store_) {
    Start();
  }

  void Run() {
    for (int step = 0; step < 60 && !input_.empty(); ++step) Step();
    Start();
    room_.Settle();
    for (const auto& [id, build] : room_.engine().state().builds()) {
      Get(id);
    }
  }

 private:
  // The leases of a worker's session, as its last answer had them.
  struct Worker {
    int64_t sequence = 0;
    int session = 1;
    std::map<std::string, v1::Lease> held;
  };

  void Start() {
    const absl::Status started = room_.Start();
    Require(started.ok(), "the journal can be read again");
    kso::coordinator::State replayed;
    const absl::Status status =
        store_.Replay([&replayed](const v1::JournalRecord& record) {
          return replayed.Apply(record);
        });
    Require(status.ok() &&
                kso::testing::FirstDifference(
                    kso::testing::StateText(room_.engine().state(), true),
                    kso::testing::StateText(replayed, true))
                    .empty(),
            "the journal gives the state again");
  }

  template <typename Response>
  Engine::Done<Response> Sendable() {
    return [](const absl::StatusOr<Response>& response) {
      if (response.ok()) {
        RequireSendable(*response, "an answer can be sent");
      } else {
        kso::fuzz::RequireSaid(response.status(), "a refusal has a reason");
      }
    };
  }

  void Get(const std::string& id) {
    v1::GetBuildRequest request;
    request.set_build_id(id);
    room_.engine().GetBuild(
        request, [](const absl::StatusOr<v1::Build>& build) {
          if (!build.ok()) return;
          RequireSendable(*build, "a build can be sent");
          if (build->state() != v1::Build::FAILED) return;
          Require(build->failures_size() > 0, "a failed build says why");
          for (const v1::Failure& failure : build->failures()) {
            Require(!failure.item().empty() && !failure.reason().empty(),
                    "a failure names its item and its reason");
          }
        });
    room_.Settle();
  }

  void Step() {
    Engine& engine = room_.engine();
    switch (input_.Below(14)) {
      case 0:
        Submit();
        break;
      case 1: {
        v1::SyncRequest request;
        FillMessage(input_, Words(), request);
        engine.Sync(request, {}, Sendable<v1::SyncResponse>());
        break;
      }
      case 2: {
        v1::WatchBuildRequest request;
        request.set_build_id(input_.Pick(kBuilds));
        request.set_after_sequence(input_.Number());
        request.set_known_revision(input_.Number());
        request.mutable_wait()->set_seconds(input_.Number());
        engine.WatchBuild(request, Sendable<v1::WatchBuildResponse>());
        break;
      }
      case 3: {
        v1::CancelBuildRequest request;
        request.set_build_id(input_.Pick(kBuilds));
        engine.CancelBuild(request, Sendable<v1::Build>());
        break;
      }
      case 4: {
        if (input_.OneIn(4)) {
          v1::ForgetBuildRequest forgotten;
          forgotten.set_build_id(input_.Pick(kBuilds));
          forgotten.set_of_everybody(true);
          engine.ForgetBuild(forgotten, Sendable<v1::ForgetBuildResponse>());
          break;
        }
        v1::RetryBuildRequest request;
        request.set_build_id(input_.Pick(kBuilds));
        engine.RetryBuild(request, Sendable<v1::Build>());
        break;
      }
      case 5: {
        v1::DrainWorkerRequest request;
        request.set_name(input_.OneIn(4) ? kso::fuzz::FillText(input_, Words())
                                         : std::string(input_.Pick(kWorkers)));
        engine.DrainWorker(request, Sendable<v1::DrainWorkerResponse>());
        break;
      }
      case 6:
        engine.ListBuilds({}, Sendable<v1::ListBuildsResponse>());
        engine.ListWorkers({}, Sendable<v1::ListWorkersResponse>());
        break;
      case 7: {
        constexpr absl::Duration kUnits[] = {absl::Milliseconds(10),
                                             absl::Seconds(1), absl::Minutes(1),
                                             absl::Hours(9)};
        const absl::Duration unit = input_.Pick(kUnits);
        room_.Advance(input_.Byte() * unit);
        break;
      }
      case 8:
        Start();
        break;
      default:
        Sync(input_.Pick(kWorkers));
        break;
    }
    room_.Settle();
  }

  void Submit() {
    v1::SubmitBuildRequest request;
    request.set_build_id(input_.Pick(kBuilds));
    *request.mutable_release() = World().release;
    if (input_.OneIn(4)) {
      FillMessage(input_, Words(), *request.mutable_release());
    }
    request.set_plan_only(input_.OneIn(8));
    request.set_fresh(input_.OneIn(4));
    request.set_priority(input_.OneIn(8) ? static_cast<int>(input_.Number())
                                         : 0);
    room_.engine().SubmitBuild(request, Sendable<v1::Build>());
  }

  void Sync(const std::string& name) {
    Worker& worker = workers_[name];
    v1::SyncRequest request;
    v1::WorkerInfo& info = *request.mutable_worker();
    info.set_name(name);
    info.set_slots(4);
    info.set_can_execute(true);
    v1::PlatformSupport& support = *info.add_platforms();
    support.mutable_platform()->set_os("linux");
    support.mutable_platform()->set_architecture(name == "one" ? "arm64"
                                                               : "amd64");
    support.set_native(true);
    if (input_.OneIn(16)) {
      FillMessage(input_, Words(), info);
      info.set_name(name);
    }
    if (input_.OneIn(32)) {
      ++worker.session;
      worker.held.clear();
    }
    request.set_session(absl::StrCat("session-", worker.session));
    request.set_sequence(++worker.sequence);
    request.set_draining(input_.OneIn(32));
    const std::map<std::string, v1::Lease> held = worker.held;
    for (const auto& [id, lease] : held) {
      if (input_.Below(4) == 3) {
        request.add_held()->set_lease_id(id);
        continue;
      }
      Finish(lease, *request.add_results());
      worker.held.erase(id);
    }
    request.set_free_slots(4);
    room_.engine().Sync(
        request, {absl::Seconds(15), nullptr},
        [&worker](const absl::StatusOr<v1::SyncResponse>& response) {
          if (!response.ok()) return;
          RequireSendable(*response, "leases can be sent");
          for (const v1::Lease& lease : response->leases()) {
            worker.held[lease.lease_id()] = lease;
          }
        });
  }

  void Finish(const v1::Lease& lease, v1::LeaseResult& result) {
    result.set_lease_id(lease.lease_id());
    result.set_task_id(lease.task().task_id());
    switch (input_.Below(16)) {
      case 13:
        result.set_returned(true);
        return;
      case 14:
        FillMessage(input_, Words(), *result.mutable_failure());
        return;
      case 15:
        FillMessage(input_, Words(), *result.mutable_result());
        return;
      default:
        Succeed(lease.task(), *result.mutable_result());
        if (input_.OneIn(16)) {
          FillMessage(input_, Words(), *result.mutable_result());
        }
    }
  }

  static void Succeed(const v1::Task& task, v1::TaskResult& result) {
    const kso::coordinator::Resolved& resolved = World().resolved;
    if (task.has_resolve_file()) {
      const auto file = resolved.files.find(task.resolve_file().url());
      result.mutable_resolved_file();
      if (file != resolved.files.end()) {
        *result.mutable_resolved_file() = file->second;
      }
    } else if (task.has_resolve_image()) {
      const auto image = resolved.images.find(task.resolve_image().reference());
      result.mutable_resolved_image();
      if (image != resolved.images.end()) {
        *result.mutable_resolved_image() = image->second;
      }
    } else if (task.has_make_layer()) {
      v1::MadeLayer& made = *result.mutable_made_layer();
      const std::string digest = kso::Sha256Of(task.task_id()).ToString();
      made.mutable_layer()->set_media_type(task.make_layer().media_type());
      made.mutable_layer()->set_digest(digest);
      made.mutable_layer()->set_size(100);
      made.set_diff_id(digest);
      for (const v1::LayerMember& member : task.make_layer().members()) {
        made.add_members()->set_path(member.path());
      }
    } else if (task.has_copy_blobs()) {
      result.mutable_copied_blobs();
    } else {
      result.mutable_verified_image()->set_native(true);
    }
  }

  Input& input_;
  const kso::testing::Faults no_faults_;
  kso::testing::CrashingStore store_;
  kso::fuzz::EngineRoom room_;
  std::map<std::string, Worker> workers_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  History(input).Run();
  return 0;
}
