// SPDX-License-Identifier: Apache-2.0
#include "common/blob/blob_service.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/call_gate.h"
#include "common/rpc/channel.h"

namespace kso {
namespace {

constexpr size_t kChunkBytes = 512 << 10;
// The largest chunk of an upload, by blob.proto.
constexpr size_t kLargestChunkBytes = 1 << 20;

absl::StatusOr<WrittenBlob> ParseHeader(const v1::BlobHeader& header) {
  KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(header.digest()));
  if (header.size() < 0) {
    return absl::InvalidArgumentError("the size of an upload is negative");
  }
  return WrittenBlob{.digest = digest, .size = header.size()};
}

// The data of an upload whose header has been read, up to its trailer or end.
class UploadSource : public ByteSource {
 public:
  UploadSource(grpc::ServerReader<v1::UploadBlobRequest>* reader,
               rpc::CallWatch::Call* call)
      : reader_(reader), call_(call) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    while (left_.empty()) {
      if (!call_->Wait([this] { return reader_->Read(&request_); })) {
        KSO_RETURN_IF_ERROR(call_->verdict());
        return size_t{0};
      }
      if (request_.has_trailer()) return size_t{0};
      if (!request_.has_data()) {
        return absl::InvalidArgumentError("an upload has one header, first");
      }
      if (request_.data().size() > kLargestChunkBytes) {
        return absl::InvalidArgumentError(absl::StrCat(
            "a chunk of an upload has at most ", kLargestChunkBytes, " bytes"));
      }
      left_ = request_.data();
    }
    const size_t count = std::min(size, left_.size());
    std::memcpy(buffer, left_.data(), count);
    left_.remove_prefix(count);
    return count;
  }

  // After the end: what the trailer says. An upload that was cut has none.
  absl::StatusOr<WrittenBlob> Trailer() const {
    if (!request_.has_trailer()) {
      return absl::DataLossError("the upload ended before its trailer");
    }
    return ParseHeader(request_.trailer());
  }

 private:
  grpc::ServerReader<v1::UploadBlobRequest>* const reader_;
  rpc::CallWatch::Call* const call_;
  v1::UploadBlobRequest request_;
  std::string_view left_;
};

// A name for who calls: the identity of the certificate, else the machine.
std::string CallerOf(const grpc::ServerContext& context) {
  const rpc::CallProof proof = rpc::ProofOf(context);
  if (!proof.uris.empty()) return proof.uris.front();
  return proof.remote.substr(0, proof.remote.rfind(':'));
}

absl::StatusOr<int64_t> StatOrAbsent(BlobStore& blobs,
                                     const std::string& text) {
  KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(text));
  const absl::StatusOr<int64_t> size = blobs.Stat(digest);
  if (absl::IsNotFound(size.status())) return -1;
  return size;
}

absl::Status Upload(BlobStore& blobs,
                    grpc::ServerReader<v1::UploadBlobRequest>* reader,
                    rpc::CallWatch::Call& call) {
  v1::UploadBlobRequest first;
  if (!call.Wait([&] { return reader->Read(&first); }) || !first.has_header()) {
    KSO_RETURN_IF_ERROR(call.verdict());
    return absl::InvalidArgumentError("an upload begins with its header");
  }
  UploadSource source(reader, &call);
  if (first.header().digest().empty()) {
    return blobs
        .PutStream([&](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
          KSO_RETURN_IF_ERROR(CopyBytes(source, sink).status());
          return source.Trailer();
        })
        .status();
  }
  KSO_ASSIGN_OR_RETURN(const WrittenBlob blob, ParseHeader(first.header()));
  return blobs.Put(blob.digest, blob.size, source);
}

absl::Status Download(BlobStore& blobs, const v1::DownloadBlobRequest& request,
                      grpc::ServerWriter<v1::DownloadBlobResponse>* writer,
                      rpc::CallWatch::Call& call) {
  KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(request.digest()));
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source,
                       blobs.Open(digest, request.offset()));
  v1::DownloadBlobResponse response;
  while (true) {
    std::string& data = *response.mutable_data();
    data.resize(kChunkBytes);
    KSO_ASSIGN_OR_RETURN(const size_t count,
                         source->Read(data.data(), data.size()));
    if (count == 0) return absl::OkStatus();
    data.resize(count);
    if (!call.Wait([&] { return writer->Write(response); })) {
      KSO_RETURN_IF_ERROR(call.verdict());
      return absl::CancelledError("the reader has gone");
    }
  }
}

}  // namespace

grpc::Status BlobServiceImpl::StatBlobs(grpc::ServerContext* context,
                                        const v1::StatBlobsRequest* request,
                                        v1::StatBlobsResponse* response) {
  if (const absl::Status status = Guard(*context, BlobUse::kRead);
      !status.ok()) {
    return rpc::ToGrpc(status);
  }
  for (const std::string& digest : request->digests()) {
    const absl::StatusOr<int64_t> size = StatOrAbsent(*blobs_, digest);
    if (!size.ok()) return rpc::ToGrpc(size.status());
    response->add_sizes(*size);
  }
  return grpc::Status::OK;
}

grpc::Status BlobServiceImpl::UploadBlob(
    grpc::ServerContext* context,
    grpc::ServerReader<v1::UploadBlobRequest>* reader,
    v1::UploadBlobResponse*) {
  if (const absl::Status status = Guard(*context, BlobUse::kWrite);
      !status.ok()) {
    return rpc::ToGrpc(status);
  }
  const auto place = streams_.Take(CallerOf(*context));
  if (!place.ok()) return rpc::ToGrpc(place.status());
  rpc::CallWatch::Call call(&watch_, [context] { context->TryCancel(); }, {});
  return rpc::ToGrpc(Upload(*blobs_, reader, call));
}

grpc::Status BlobServiceImpl::DownloadBlob(
    grpc::ServerContext* context, const v1::DownloadBlobRequest* request,
    grpc::ServerWriter<v1::DownloadBlobResponse>* writer) {
  if (const absl::Status status = Guard(*context, BlobUse::kRead);
      !status.ok()) {
    return rpc::ToGrpc(status);
  }
  const auto place = streams_.Take(CallerOf(*context));
  if (!place.ok()) return rpc::ToGrpc(place.status());
  rpc::CallWatch::Call call(&watch_, [context] { context->TryCancel(); }, {});
  return rpc::ToGrpc(Download(*blobs_, *request, writer, call));
}

grpc::Status BlobServiceImpl::LocateBlobs(
    grpc::ServerContext* /*context*/, const v1::LocateBlobsRequest* /*request*/,
    v1::LocateBlobsResponse* response) {
  if (disk_ != nullptr) {
    const BlobPlace place = disk_->place();
    response->set_directory(place.directory.string());
    response->set_incoming(place.incoming.string());
    response->set_reserve_bytes(place.reserve_bytes);
  }
  return grpc::Status::OK;
}

grpc::Status BlobServiceImpl::AdoptBlob(grpc::ServerContext* context,
                                        const v1::AdoptBlobRequest* request,
                                        v1::AdoptBlobResponse* /*response*/) {
  if (const absl::Status status = Guard(*context, BlobUse::kWrite);
      !status.ok()) {
    return rpc::ToGrpc(status);
  }
  if (disk_ == nullptr) {
    return rpc::ToGrpc(absl::UnimplementedError("blobs are no files here"));
  }
  const absl::StatusOr<WrittenBlob> blob = ParseHeader(request->blob());
  if (!blob.ok()) return rpc::ToGrpc(blob.status());
  return rpc::ToGrpc(disk_->AdoptFromOther(request->name(), *blob));
}

}  // namespace kso
