#include "common/blob/grpc_blob_store.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/blob/verifying_source.h"
#include "common/rpc/channel.h"

namespace kso {
namespace {

constexpr size_t kChunkBytes = 512 << 10;
constexpr std::chrono::seconds kStatTimeout{60};

// How the stores of one process watch their calls.
struct Watching {
  rpc::CallWatch* watch = nullptr;
  std::function<bool()> cancelled;

  rpc::CallWatch::Call Start(grpc::ClientContext& context) const {
    return rpc::CallWatch::Call(
        watch, [&context] { context.TryCancel(); }, cancelled);
  }
};

// How a call ended: what the watch says goes first, for it explains the rest.
absl::Status ResultOf(const rpc::CallWatch::Call& call,
                      const grpc::Status& status) {
  const absl::Status result = rpc::FromGrpc(status);
  if (result.ok()) return result;
  const absl::Status verdict = call.verdict();
  if (!verdict.ok()) return verdict;
  // Nobody cancelled it here.
  if (absl::IsCancelled(result)) {
    return absl::UnavailableError("the other side ended the transfer");
  }
  return result;
}

// The data of a download. Ends the call when it goes.
class DownloadSource : public ByteSource {
 public:
  DownloadSource(v1::BlobService::StubInterface* stub,
                 const v1::DownloadBlobRequest& request,
                 const Watching& watching)
      : call_(watching.Start(context_)),
        reader_(stub->DownloadBlob(&context_, request)) {}

  ~DownloadSource() override {
    if (result_.has_value()) return;
    context_.TryCancel();
    reader_->Finish();
  }

  // Waits for the first data, or for the reason why there are none.
  absl::Status AwaitStart() {
    if (Receive()) return absl::OkStatus();
    return *result_;
  }

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (size == 0) return size_t{0};
    while (left_.empty()) {
      if (Receive()) continue;
      KSO_RETURN_IF_ERROR(*result_);
      return size_t{0};
    }
    const size_t count = std::min(size, left_.size());
    std::memcpy(buffer, left_.data(), count);
    left_.remove_prefix(count);
    return count;
  }

 private:
  // The next data; false at the end, with the result.
  bool Receive() {
    if (result_.has_value()) return false;
    if (call_.Wait([this] { return reader_->Read(&response_); })) {
      left_ = response_.data();
      return true;
    }
    result_ = ResultOf(call_, reader_->Finish());
    return false;
  }

  grpc::ClientContext context_;
  rpc::CallWatch::Call call_;
  const std::unique_ptr<grpc::ClientReaderInterface<v1::DownloadBlobResponse>>
      reader_;
  v1::DownloadBlobResponse response_;
  std::string_view left_;
  std::optional<absl::Status> result_;
};

class GrpcBlobStore : public BlobStore {
 public:
  GrpcBlobStore(v1::BlobService::StubInterface* stub, Watching watching)
      : stub_(stub), watching_(std::move(watching)) {}

  absl::StatusOr<int64_t> Stat(const Digest& digest) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kStatTimeout);
    v1::StatBlobsRequest request;
    request.add_digests(digest.ToString());
    v1::StatBlobsResponse response;
    rpc::CallWatch::Call call = watching_.Start(context);
    grpc::Status status;
    call.Wait([&] {
      status = stub_->StatBlobs(&context, request, &response);
      return true;
    });
    KSO_RETURN_IF_ERROR(ResultOf(call, status));
    if (response.sizes_size() != 1) {
      return absl::InternalError("the blob service did not answer as asked");
    }
    if (response.sizes(0) < 0) {
      return absl::NotFoundError(
          absl::StrCat("the blob ", digest.ToString(), " is not there"));
    }
    return response.sizes(0);
  }

  absl::StatusOr<std::unique_ptr<ByteSource>> Open(const Digest& digest,
                                                   int64_t offset) override {
    v1::DownloadBlobRequest request;
    request.set_digest(digest.ToString());
    request.set_offset(offset);
    auto source = std::make_unique<DownloadSource>(stub_, request, watching_);
    KSO_RETURN_IF_ERROR(source->AwaitStart());
    if (offset != 0) return source;
    return CreateVerifyingSource(std::move(source), digest, std::nullopt);
  }

  absl::Status Put(const Digest& digest, int64_t size,
                   ByteSource& source) override {
    const absl::Status there = Stat(digest).status();
    if (!absl::IsNotFound(there)) return there;

    grpc::ClientContext context;
    v1::UploadBlobResponse response;
    rpc::CallWatch::Call call = watching_.Start(context);
    const auto writer = stub_->UploadBlob(&context, &response);
    const absl::Status sent = Send(digest, size, source, *writer, call);
    if (!sent.ok()) context.TryCancel();
    // A service that refuses ends the call before all is sent, and says why.
    grpc::Status received;
    call.Wait([&] {
      received = writer->Finish();
      return true;
    });
    return sent.ok() ? ResultOf(call, received) : sent;
  }

 private:
  // Fails only when `source` does.
  static absl::Status Send(
      const Digest& digest, int64_t size, ByteSource& source,
      grpc::ClientWriterInterface<v1::UploadBlobRequest>& writer,
      rpc::CallWatch::Call& call) {
    v1::UploadBlobRequest request;
    const auto write = [&] { return writer.Write(request); };
    request.mutable_header()->set_digest(digest.ToString());
    request.mutable_header()->set_size(size);
    bool open = call.Wait(write);
    while (open) {
      std::string& data = *request.mutable_data();
      data.resize(kChunkBytes);
      KSO_ASSIGN_OR_RETURN(const size_t count,
                           source.Read(data.data(), data.size()));
      if (count == 0) {
        writer.WritesDone();
        break;
      }
      data.resize(count);
      open = call.Wait(write);
    }
    return absl::OkStatus();
  }

  v1::BlobService::StubInterface* const stub_;
  const Watching watching_;
};

}  // namespace

std::unique_ptr<BlobStore> CreateGrpcBlobStore(
    v1::BlobService::StubInterface* stub, rpc::CallWatch* watch,
    std::function<bool()> cancelled) {
  return std::make_unique<GrpcBlobStore>(stub,
                                         Watching{watch, std::move(cancelled)});
}

}  // namespace kso
