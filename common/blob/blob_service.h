#ifndef KSO_COMMON_BLOB_BLOB_SERVICE_H_
#define KSO_COMMON_BLOB_BLOB_SERVICE_H_

#include <string>
#include <utility>

#include "common/blob/blob_store.h"
#include "common/rpc/call_watch.h"
#include "kso/v1/blob.grpc.pb.h"

namespace kso {

// Serves a blob store to CreateGrpcBlobStore. Each call holds a thread while it
// lasts, as few run at once; calls whose other side hangs are ended. Thread
// safe if the store is.
class BlobServiceImpl : public v1::BlobService::Service {
 public:
  // All must outlive it. `directory` is where the store keeps its blobs, as
  // disk_blob_store.h says; empty to keep that to itself.
  explicit BlobServiceImpl(BlobStore* blobs, Clock* clock = Clock::Real(),
                           std::string directory = "")
      : blobs_(blobs), directory_(std::move(directory)), watch_(clock) {}

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

 private:
  BlobStore* const blobs_;
  const std::string directory_;
  rpc::CallWatch watch_;
};

}  // namespace kso

#endif  // KSO_COMMON_BLOB_BLOB_SERVICE_H_
