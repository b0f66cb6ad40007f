// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/parallel_download.h"

#include <atomic>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/run/cancellation.h"
#include "common/run/exceptions.h"
#include "common/run/threads.h"
#include "worker/fetch/fetch_progress_sink.h"
#include "worker/fetch/retry_policy.h"

namespace kso::worker {
namespace {

class PieceSink : public ByteSink {
 public:
  // `on_begin` is called before the first byte.
  PieceSink(PartialFile* partial, int piece, std::function<void()> on_begin)
      : partial_(*partial), piece_(piece), on_begin_(std::move(on_begin)) {}

  absl::Status Write(std::string_view bytes) override {
    const int64_t missing = partial_.Missing(piece_).length;
    if (static_cast<int64_t>(bytes.size()) > missing) {
      return absl::FailedPreconditionError(
          "more bytes came than were asked for");
    }
    if (on_begin_) std::exchange(on_begin_, nullptr)();
    return partial_.WritePiece(piece_, bytes);
  }

 private:
  PartialFile& partial_;
  const int piece_;
  std::function<void()> on_begin_;
};

// Fetches the missing pieces of a divided file, from the front on. The thread
// that calls Run always fetches; helper threads may. A helper that fails leaves
// its piece to that thread, which returns the error.
class ParallelDownload {
 public:
  // The pointers must outlive it.
  ParallelDownload(PartialFile* partial, const GetRange& get,
                   const ParallelOptions& options, TaskControl* control);
  // Ends the transfers in flight.
  ~ParallelDownload();
  ParallelDownload(const ParallelDownload&) = delete;
  ParallelDownload& operator=(const ParallelDownload&) = delete;

  // Returns OK when all bytes are there, else the error of the piece that this
  // thread was fetching. May be called again then; the helpers go on in
  // between.
  absl::Status Run();

 private:
  struct Helper {
    // Only the thread that calls Run uses this.
    std::thread thread;
    std::atomic<bool> running = false;
  };

  bool Stopped() const {
    return either_stop_.token().stop_requested() || control_->cancelled();
  }
  // Takes the first open piece. Waits for the pieces that helpers fetch, which
  // they may give back. Returns nothing when all pieces are there.
  std::optional<int> TakePiece();
  std::optional<int> TakeOpenPiece() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes the first open piece without waiting.
  std::optional<int> TakePieceIfAny();
  void GiveBack(int piece);
  absl::Status FetchPiece(int piece, bool spare);
  // Starts as many helpers as there are open pieces.
  void StartHelpers();
  void Help(Helper& helper);

  PartialFile* const partial_;
  const GetRange& get_;
  TaskControl* const control_;
  std::stop_source own_stop_;
  const EitherStop either_stop_;
  std::vector<Helper> helpers_;

  absl::Mutex mutex_;
  // The pieces with gaps that no thread fetches, and the number of pieces that
  // threads are fetching.
  std::set<int> open_ ABSL_GUARDED_BY(mutex_);
  int taken_ ABSL_GUARDED_BY(mutex_) = 0;
};

ParallelDownload::ParallelDownload(PartialFile* partial, const GetRange& get,
                                   const ParallelOptions& options,
                                   TaskControl* control)
    : partial_(partial),
      get_(get),
      control_(control),
      either_stop_(own_stop_.get_token(), control->stop_token()),
      helpers_(options.most_streams - 1) {
  for (int i = 0; i < partial->piece_count(); ++i) {
    if (partial->Missing(i).length > 0) open_.insert(i);
  }
}

ParallelDownload::~ParallelDownload() {
  own_stop_.request_stop();
  for (Helper& helper : helpers_) {
    if (helper.thread.joinable()) helper.thread.join();
  }
}

absl::Status ParallelDownload::Run() {
  while (true) {
    const std::optional<int> piece = TakePiece();
    if (!piece.has_value()) return absl::OkStatus();
    const absl::Status status = FetchPiece(*piece, /*spare=*/false);
    GiveBack(*piece);
    KSO_RETURN_IF_ERROR(status);
  }
}

// This wait needs no token: a thread that fetches a piece is stopped by its
// own, and gives the piece back.
std::optional<int> ParallelDownload::TakePiece() {
  absl::MutexLock lock(&mutex_);
  const auto settled = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !open_.empty() || taken_ == 0;
  };
  mutex_.Await(absl::Condition(&settled));
  return TakeOpenPiece();
}

std::optional<int> ParallelDownload::TakeOpenPiece() {
  if (open_.empty()) return std::nullopt;
  ++taken_;
  return open_.extract(open_.begin()).value();
}

std::optional<int> ParallelDownload::TakePieceIfAny() {
  absl::MutexLock lock(&mutex_);
  if (Stopped()) return std::nullopt;
  return TakeOpenPiece();
}

void ParallelDownload::GiveBack(int piece) {
  const bool has_gap = partial_->Missing(piece).length > 0;
  absl::MutexLock lock(&mutex_);
  --taken_;
  if (has_gap) open_.insert(piece);
}

absl::Status ParallelDownload::FetchPiece(int piece, bool spare) {
  std::function<void()> on_begin;
  if (!spare) on_begin = [this] { StartHelpers(); };
  PieceSink piece_sink(partial_, piece, std::move(on_begin));
  FetchProgressSink sink(piece_sink, *control_);
  http::ByteRange missing = partial_->Missing(piece);
  while (missing.length > 0) {
    const absl::Status status = get_(
        {.range = missing, .spare = spare, .stop = either_stop_.token()}, sink);
    // The error of a write says more of a disk's trouble than that of the
    // transfer.
    KSO_RETURN_IF_ERROR(partial_->write_status());
    KSO_RETURN_IF_ERROR(status);
    const int64_t before = missing.first;
    missing = partial_->Missing(piece);
    if (missing.first == before) {
      return absl::UnavailableError("none of the bytes asked for came");
    }
  }
  return absl::OkStatus();
}

void ParallelDownload::StartHelpers() {
  size_t wanted = 0;
  {
    absl::MutexLock lock(&mutex_);
    wanted = open_.size();
  }
  for (Helper& helper : helpers_) {
    if (wanted == 0) return;
    if (helper.running) continue;
    if (helper.thread.joinable()) helper.thread.join();
    helper.running = true;
    absl::StatusOr<std::thread> thread =
        StartThread([this, &helper] { Help(helper); });
    // Fewer streams do as well.
    if (!thread.ok()) {
      helper.running = false;
      return;
    }
    helper.thread = *std::move(thread);
    --wanted;
  }
}

void ParallelDownload::Help(Helper& helper) {
  bool goes_on = true;
  while (goes_on) {
    const std::optional<int> piece = TakePieceIfAny();
    if (!piece.has_value()) break;
    goes_on = WithoutExceptions([&] {
                return FetchPiece(*piece, /*spare=*/true);
              }).ok();
    GiveBack(*piece);
  }
  helper.running = false;
}

}  // namespace

absl::Status DownloadInPieces(PartialFile& partial, int64_t total,
                              const GetRange& get,
                              const ParallelOptions& options, Clock* clock,
                              TaskControl& control) {
  KSO_RETURN_IF_ERROR(partial.Divide(total, options.piece_bytes));
  ParallelDownload download(&partial, get, options, &control);
  return RetryWhileItHelps(
      clock, control, [&partial] { return partial.present(); },
      [&download] { return download.Run(); });
}

}  // namespace kso::worker
