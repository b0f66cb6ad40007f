// SPDX-License-Identifier: Apache-2.0
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
// Of calls that move no blob.
constexpr std::chrono::seconds kCallTimeout{60};

// How the stores of one process watch their calls.
struct Watching {
  rpc::CallWatch* watch = nullptr;
  std::stop_token stop;

  rpc::CallWatch::Call Start(grpc::ClientContext& context) const {
    return rpc::CallWatch::Call(
        watch, [&context] { context.TryCancel(); }, stop);
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

// One upload. Used by one thread.
class Upload {
 public:
  Upload(v1::BlobService::StubInterface* stub, const Watching& watching)
      : call_(watching.Start(context_)),
        writer_(stub->UploadBlob(&context_, &response_)) {}

  // ABORTED when the service takes no more; Finish says why.
  absl::Status Send(const v1::UploadBlobRequest& request) {
    if (!refused_ && call_.Wait([&] { return writer_->Write(request); })) {
      return absl::OkStatus();
    }
    refused_ = true;
    return absl::AbortedError("the upload was refused");
  }

  // How it ended, when all was sent or sending it failed with `sent`. A service
  // that refuses ends the call before all is sent, and says why. Call once.
  absl::Status Finish(const absl::Status& sent) {
    if (sent.ok()) {
      writer_->WritesDone();
    } else if (!refused_) {
      context_.TryCancel();
    }
    grpc::Status received;
    call_.Wait([&] {
      received = writer_->Finish();
      return true;
    });
    if (!sent.ok() && !refused_) return sent;
    return ResultOf(call_, received);
  }

 private:
  grpc::ClientContext context_;
  v1::UploadBlobResponse response_;
  rpc::CallWatch::Call call_;
  const std::unique_ptr<grpc::ClientWriterInterface<v1::UploadBlobRequest>>
      writer_;
  bool refused_ = false;
};

// Sends what is written to it in large chunks.
class UploadSink : public ByteSink {
 public:
  explicit UploadSink(Upload* upload) : upload_(*upload) {}

  absl::Status Write(std::string_view bytes) override {
    std::string& data = *request_.mutable_data();
    while (!bytes.empty()) {
      data.reserve(kChunkBytes);
      const size_t count = std::min(bytes.size(), kChunkBytes - data.size());
      data.append(bytes.data(), count);
      bytes.remove_prefix(count);
      if (data.size() == kChunkBytes) KSO_RETURN_IF_ERROR(Flush());
    }
    return absl::OkStatus();
  }

  // Sends what is left.
  absl::Status Flush() {
    std::string& data = *request_.mutable_data();
    if (data.empty()) return absl::OkStatus();
    KSO_RETURN_IF_ERROR(upload_.Send(request_));
    data.clear();
    return absl::OkStatus();
  }

 private:
  Upload& upload_;
  v1::UploadBlobRequest request_;
};

class GrpcBlobStore : public RemoteBlobStore {
 public:
  GrpcBlobStore(v1::BlobService::StubInterface* stub, Watching watching)
      : stub_(stub), watching_(std::move(watching)) {}

  absl::StatusOr<int64_t> Stat(const Digest& digest) override {
    v1::StatBlobsRequest request;
    request.add_digests(digest.ToString());
    KSO_ASSIGN_OR_RETURN(
        const auto response,
        Call<v1::StatBlobsResponse>([&](auto* context, auto* answer) {
          return stub_->StatBlobs(context, request, answer);
        }));
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

    Upload upload(stub_, watching_);
    return upload.Finish(SendWhole(digest, size, source, upload));
  }

  absl::StatusOr<int64_t> PutStream(const WriteBlob& write) override {
    Upload upload(stub_, watching_);
    const absl::StatusOr<WrittenBlob> blob = SendStream(write, upload);
    KSO_RETURN_IF_ERROR(upload.Finish(blob.status()));
    KSO_RETURN_IF_ERROR(blob.status());
    return blob->size;
  }

  absl::StatusOr<BlobPlace> Locate() override {
    KSO_ASSIGN_OR_RETURN(
        const auto response,
        Call<v1::LocateBlobsResponse>([&](auto* context, auto* answer) {
          return stub_->LocateBlobs(context, {}, answer);
        }));
    return BlobPlace{.directory = response.directory(),
                     .incoming = response.incoming(),
                     .reserve_bytes = response.reserve_bytes()};
  }

  absl::Status Adopt(const std::string& name,
                     const WrittenBlob& blob) override {
    v1::AdoptBlobRequest request;
    request.set_name(name);
    SetHeader(blob, *request.mutable_blob());
    return Call<v1::AdoptBlobResponse>([&](auto* context, auto* answer) {
             return stub_->AdoptBlob(context, request, answer);
           })
        .status();
  }

 private:
  static void SetHeader(const WrittenBlob& blob, v1::BlobHeader& header) {
    header.set_digest(blob.digest.ToString());
    header.set_size(blob.size);
  }

  // A call that moves no blob: what `ask` makes of its context and response.
  template <typename Response, typename Ask>
  absl::StatusOr<Response> Call(const Ask& ask) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
    Response response;
    rpc::CallWatch::Call call = watching_.Start(context);
    grpc::Status status;
    call.Wait([&] {
      status = ask(&context, &response);
      return true;
    });
    KSO_RETURN_IF_ERROR(ResultOf(call, status));
    return response;
  }

  static absl::Status SendWhole(const Digest& digest, int64_t size,
                                ByteSource& source, Upload& upload) {
    v1::UploadBlobRequest request;
    SetHeader({.digest = digest, .size = size}, *request.mutable_header());
    KSO_RETURN_IF_ERROR(upload.Send(request));
    while (true) {
      std::string& data = *request.mutable_data();
      data.resize(kChunkBytes);
      KSO_ASSIGN_OR_RETURN(const size_t count,
                           source.Read(data.data(), data.size()));
      if (count == 0) return absl::OkStatus();
      data.resize(count);
      KSO_RETURN_IF_ERROR(upload.Send(request));
    }
  }

  static absl::StatusOr<WrittenBlob> SendStream(const WriteBlob& write,
                                                Upload& upload) {
    v1::UploadBlobRequest request;
    request.mutable_header();
    KSO_RETURN_IF_ERROR(upload.Send(request));
    UploadSink sink(&upload);
    KSO_ASSIGN_OR_RETURN(const WrittenBlob blob, write(sink));
    KSO_RETURN_IF_ERROR(sink.Flush());
    SetHeader(blob, *request.mutable_trailer());
    KSO_RETURN_IF_ERROR(upload.Send(request));
    return blob;
  }

  v1::BlobService::StubInterface* const stub_;
  const Watching watching_;
};

}  // namespace

std::unique_ptr<RemoteBlobStore> CreateGrpcBlobStore(
    v1::BlobService::StubInterface* stub, rpc::CallWatch* watch,
    std::stop_token stop) {
  return std::make_unique<GrpcBlobStore>(stub,
                                         Watching{watch, std::move(stop)});
}

}  // namespace kso
