// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/worker_history.h"

#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/strings.h"
#include "common/blob/disk_blob_store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fault/faulty_registry.h"
#include "tests/fault/faulty_upstream.h"
#include "worker/task_dispatcher.h"

namespace kso::testing {
namespace {

namespace fs = std::filesystem;

// More requests than one task can make with all its retries.
constexpr int64_t kMostRequests = 2000;
constexpr absl::Duration kLongestTask = absl::Hours(2);

std::string RandomBytes(Dice& dice, int size) {
  std::string bytes(static_cast<size_t>(size), '\0');
  for (char& byte : bytes) byte = static_cast<char>(dice.Next());
  return bytes;
}

// Keeps files from growing past `bytes` while it lives, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

class WorkerHistory {
 public:
  WorkerHistory(uint64_t seed, fs::path directory)
      : dice_(seed),
        directory_(std::move(directory)),
        upstream_(dice_.Fork()),
        destination_(&faults_, dice_.Fork(), [this] { return Later(); }),
        registries_(dice_.Fork(), &destination_) {
    clock_.AdvanceByItself();
    MakeWorld();
    fs::remove_all(directory_);
    StartWorker();
  }
  ~WorkerHistory() {
    StopWorker();
    fs::remove_all(directory_);
  }

  WorkerReport Run() {
    const double trouble = dice_.Between(5, 50) / 100.0;
    SetTrouble(trouble);
    wrong_bytes_come_ = dice_.Chance(0.5);
    upstream_.set_wrong_bytes(wrong_bytes_come_);
    const int steps = dice_.Between(6, 20);
    for (int i = 0; i < steps && report_.broken.empty(); ++i) {
      Disturb();
      std::optional<FullDisk> full;
      if (dice_.Chance(0.15)) full.emplace(dice_.Between(0, 150'000));
      RunTask(dice_.Pick(tasks_), /*must_succeed=*/false);
      full.reset();
      CheckCache();
    }
    SetTrouble(0);
    for (const auto& [url, content] : true_files_) {
      upstream_.SetFile(url, content, "\"v1\"");
    }
    for (const v1::Task& task : tasks_) {
      if (report_.broken.empty()) RunTask(task, /*must_succeed=*/true);
    }
    CheckCache();
    return report_;
  }

 private:
  // A time that no other call gets, so that no two calls get the same faults.
  absl::Time Later() {
    return absl::UnixEpoch() + absl::Microseconds(++calls_);
  }

  void SetTrouble(double trouble) {
    upstream_.set_trouble(trouble);
    registries_.set_trouble(trouble);
    faults_.failed_destination = trouble / 4;
  }

  void MakeWorld() {
    std::vector<v1::LayerMember> members;
    for (int i = 0; i < 4; ++i) {
      const std::string url = absl::StrCat("https://dl.example.com/f", i);
      true_files_[url] = RandomBytes(dice_, dice_.Between(0, 100'000));
      upstream_.SetFile(url, true_files_[url], "\"v1\"");
      v1::LayerMember& member = members.emplace_back();
      member.set_path(absl::StrCat("opt/f", i));
      v1::FileSource& file = *member.mutable_file();
      file.set_url(url);
      const std::string& content = upstream_.FileAt(url);
      Hasher sha512(Digest::Algorithm::kSha512);
      sha512.Update(content);
      const int stated = dice_.Between(0, 2);
      if (stated == 1) file.set_digest(Sha256Of(content).ToString());
      if (stated == 2) file.set_digest(sha512.Finish().ToString());
      // Of a file without a stated checksum only the size can be checked.
      file.set_size(static_cast<int64_t>(content.size()));
      file.set_etag("\"v1\"");
    }
    std::vector<v1::BlobSource> blobs;
    for (int i = 0; i < 3; ++i) {
      v1::BlobSource& blob = blobs.emplace_back();
      blob.set_repository("registry.example.com/app");
      *blob.mutable_blob() =
          registries_.AddBlob(RandomBytes(dice_, dice_.Between(1, 100'000)));
      v1::LayerMember& member = members.emplace_back();
      member.set_path(absl::StrCat("var/b", i));
      *member.mutable_blob() = blob;
    }
    for (int i = 0; i < 4; ++i) MakeLayerTask(members, i);
    v1::Task& copy = tasks_.emplace_back();
    copy.set_task_id("copy");
    copy.mutable_destination()->set_kind(v1::Destination::REGISTRY);
    copy.mutable_destination()->set_location("registry.example.com/team");
    copy.mutable_copy_blobs()->set_image("files");
    for (const v1::BlobSource& blob : blobs) {
      *copy.mutable_copy_blobs()->add_blobs() = blob;
    }
  }

  void MakeLayerTask(const std::vector<v1::LayerMember>& members, int number) {
    v1::Task& task = tasks_.emplace_back();
    task.set_task_id(absl::StrCat("layer", number));
    task.mutable_destination()->set_kind(v1::Destination::REGISTRY);
    task.mutable_destination()->set_location("registry.example.com/team");
    v1::MakeLayer& work = *task.mutable_make_layer();
    work.set_name(task.task_id());
    work.set_image("files");
    work.set_media_type("application/vnd.oci.image.layer.v1.tar+gzip");
    for (const v1::LayerMember& member : members) {
      if (dice_.Chance(0.5)) *work.add_members() = member;
    }
    v1::LayerMember& small = *work.add_members();
    small.set_path("etc/small");
    small.set_content("as it is");
  }

  void StartWorker() {
    auto cache = DiskBlobStore::Create(directory_ / "cache");
    if (!cache.ok()) return Broken(cache.status().ToString());
    cache_ = *std::move(cache);
    worker::WorkerParts parts;
    parts.clock = &clock_;
    parts.transport = &upstream_;
    parts.stores = &registries_;
    parts.cache = cache_.get();
    parts.directory = directory_;
    // There is one fetch at a time, so that a seed always gives the same order
    // of events.
    parts.fetches_at_once = 1;
    tasks_of_worker_ = worker::CreateTaskDispatcher(parts);
  }
  void StopWorker() {
    tasks_of_worker_ = nullptr;
    cache_ = nullptr;
  }

  // Draws the faults of the worker's machine between two tasks.
  void Disturb() {
    if (dice_.Chance(0.3)) {
      StopWorker();
      if (dice_.Chance(0.5)) SpoilFile(directory_ / "partial", false);
      if (dice_.Chance(0.3)) SpoilFile(directory_ / "known", false);
      if (dice_.Chance(0.3)) SpoilFile(directory_ / "cache" / "sha256", true);
      StartWorker();
    }
    if (dice_.Chance(0.2)) destination_.LoseBlob();
    if (dice_.Chance(0.2)) ChangeFile();
  }

  // Replaces an upstream file by another one of the same size, or puts the
  // first one back.
  void ChangeFile() {
    const std::string url =
        absl::StrCat("https://dl.example.com/f", dice_.Between(0, 3));
    const std::string before = upstream_.FileAt(url);
    if (before != true_files_.at(url)) {
      return upstream_.SetFile(url, true_files_.at(url), "\"v1\"");
    }
    upstream_.SetFile(url, RandomBytes(dice_, static_cast<int>(before.size())),
                      absl::StrCat("\"v", ++versions_, "\""));
  }

  // Cuts a file short, or, where it may rot, changes a byte.
  void SpoilFile(const fs::path& below, bool may_rot) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(below, error)) {
      if (entry.is_regular_file() && entry.file_size() > 0) {
        files.push_back(entry.path());
      }
    }
    if (files.empty()) return;
    std::sort(files.begin(), files.end());
    const fs::path& file = dice_.Pick(files);
    const auto size = static_cast<int>(fs::file_size(file));
    const int at = dice_.Between(0, size - 1);
    if (!may_rot || dice_.Chance(0.5)) return fs::resize_file(file, at);
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(at);
    const int byte = stream.get();
    stream.seekp(at);
    stream.put(static_cast<char>(byte ^ 1));
  }

  void RunTask(const v1::Task& task, bool must_succeed) {
    const int64_t requests = upstream_.requests() + registries_.requests();
    const absl::Time begun = clock_.Now();
    worker::TaskControl control;
    const auto result = tasks_of_worker_->Execute(task, control);
    if (upstream_.requests() + registries_.requests() >
            requests + kMostRequests ||
        clock_.Now() > begun + kLongestTask) {
      Broken(Concat(task.task_id(), " does not end"));
    }
    if (!result.ok()) {
      ++report_.tasks_failed;
      if (absl::IsInvalidArgument(result.status())) {
        Broken(Concat(task.task_id(), " pushed wrong bytes: ",
                      ToStd(result.status().message())));
      } else if (must_succeed) {
        Broken(Concat(task.task_id(), " fails though nothing is wrong: ",
                      ToStd(result.status().ToString())));
      }
      return;
    }
    ++report_.tasks_done;
    if (task.has_make_layer()) {
      CheckLayer(task, result->made_layer(),
                 must_succeed && !wrong_bytes_come_);
    }
  }

  // The members are what upstream has, and the same members always make the
  // same layer. The destination takes no bytes that do not match.
  void CheckLayer(const v1::Task& task, const v1::MadeLayer& made,
                  bool must_be_true) {
    for (int i = 0; i < task.make_layer().members_size(); ++i) {
      const v1::LayerMember& member = task.make_layer().members(i);
      std::string expected = Sha256Of(member.content()).ToString();
      if (member.has_blob()) expected = member.blob().blob().digest();
      if (member.has_file()) {
        expected = Sha256Of(true_files_.at(member.file().url())).ToString();
      }
      // A file without a digest may be the one that upstream had for a while.
      if (member.has_file() && member.file().digest().empty() &&
          !must_be_true) {
        continue;
      }
      if (made.members(i).digest() != expected) {
        Broken(Concat(task.task_id(), ": wrong bytes in ", member.path()));
      }
    }
    std::string names;
    for (const v1::MadeMember& member : made.members()) {
      names += Concat(member.path(), " ", member.digest(), "\n");
    }
    const auto [first, is_new] =
        layers_.emplace(Concat(task.task_id(), "\n", names), made.layer());
    if (!is_new && first->second.digest() != made.layer().digest()) {
      Broken(Concat(task.task_id(), ": the same members, another layer"));
    }
  }

  // Checks that the cache gives no wrong byte, whatever is in it.
  void CheckCache() {
    const fs::path below = directory_ / "cache" / "sha256";
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(below, error)) {
      if (!entry.is_regular_file()) continue;
      const auto digest =
          Digest::Parse(Concat("sha256:", entry.path().filename().string()));
      if (!digest.ok()) continue;
      const auto source = cache_->Open(*digest, 0);
      if (!source.ok()) continue;
      const auto content = ReadAll(**source, 1 << 20);
      if (content.ok() && Sha256Of(*content) != *digest) {
        Broken(Concat("the cache gives wrong bytes for ", digest->ToString()));
      }
    }
  }

  void Broken(std::string what) { report_.broken.push_back(std::move(what)); }

  Dice dice_;
  const fs::path directory_;
  WorkerReport report_;
  Faults faults_;
  int64_t calls_ = 0;
  FakeClock clock_;
  FaultyUpstream upstream_;
  FakeDestination destination_;
  FaultyRegistries registries_;
  // The files that upstream has when tasks are planned, by URL.
  std::map<std::string, std::string> true_files_;
  int versions_ = 1;
  // Tells whether hosts send wrong bytes, which only a digest tells.
  bool wrong_bytes_come_ = false;
  std::vector<v1::Task> tasks_;
  std::unique_ptr<DiskBlobStore> cache_;
  std::unique_ptr<worker::TaskExecutor> tasks_of_worker_;
  std::map<std::string, v1::Descriptor> layers_;
};

}  // namespace

WorkerReport RunWorkerHistory(uint64_t seed,
                              const std::filesystem::path& directory) {
  return WorkerHistory(seed, directory).Run();
}

}  // namespace kso::testing
