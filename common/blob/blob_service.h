// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BLOB_BLOB_SERVICE_H_
#define KSO_COMMON_BLOB_BLOB_SERVICE_H_

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "common/blob/blob_store.h"
#include "common/blob/disk_blob_store.h"
#include "common/blob/stream_limit.h"
#include "common/rpc/call_watch.h"
#include "grpcpp/server_context.h"
#include "kso/v1/blob.grpc.pb.h"

namespace kso {

// This header serves a blob store over gRPC, behind a guard of its calls.

// The kinds of calls that a guard of a blob store tells apart.
enum class BlobUse { kRead, kWrite };

// Decides on a call that has to do with the blobs of a store. An error ends the
// call with it. Called on threads of gRPC's, and may wait.
using BlobGuard = std::function<absl::Status(
    const grpc::ServerContextBase& context, BlobUse use)>;

// Serves a blob store to CreateGrpcBlobStore. Each call holds a thread while it
// lasts, as few run at once; calls whose other side hangs are ended. Thread
// safe if the store is.
class BlobServiceImpl : public v1::BlobService::Service {
 public:
  // All must outlive it. Without a guard, every call is let through.
  explicit BlobServiceImpl(BlobStore* blobs, Clock* clock = Clock::Real(),
                           BlobGuard guard = {})
      : blobs_(blobs),
        disk_(nullptr),
        watch_(clock),
        guard_(std::move(guard)) {}
  // Tells where the store's files are, and adopts files there.
  explicit BlobServiceImpl(DiskBlobStore* blobs, Clock* clock = Clock::Real(),
                           BlobGuard guard = {})
      : blobs_(blobs), disk_(blobs), watch_(clock), guard_(std::move(guard)) {}

  grpc::Status StatBlobs(grpc::ServerContext* context,
                         const v1::StatBlobsRequest* request,
                         v1::StatBlobsResponse* response) override;

  grpc::Status UploadBlob(grpc::ServerContext* context,
                          grpc::ServerReader<v1::UploadBlobRequest>* reader,
                          v1::UploadBlobResponse* response) override;

  grpc::Status DownloadBlob(
      grpc::ServerContext* context, const v1::DownloadBlobRequest* request,
      grpc::ServerWriter<v1::DownloadBlobResponse>* writer) override;

  grpc::Status LocateBlobs(grpc::ServerContext* context,
                           const v1::LocateBlobsRequest* request,
                           v1::LocateBlobsResponse* response) override;

  grpc::Status AdoptBlob(grpc::ServerContext* context,
                         const v1::AdoptBlobRequest* request,
                         v1::AdoptBlobResponse* response) override;

 private:
  absl::Status Guard(const grpc::ServerContextBase& context,
                     BlobUse use) const {
    return guard_ ? guard_(context, use) : absl::OkStatus();
  }

  BlobStore* const blobs_;
  // Null unless the blobs are files.
  DiskBlobStore* const disk_;
  rpc::CallWatch watch_;
  const BlobGuard guard_;
  // A worker has at most 256 slots (coordinator/core/base/result_check.h).
  StreamLimit streams_{/*of_one=*/256, /*of_all=*/2048};
};

}  // namespace kso

#endif  // KSO_COMMON_BLOB_BLOB_SERVICE_H_
