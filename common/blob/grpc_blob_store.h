#ifndef KSO_COMMON_BLOB_GRPC_BLOB_STORE_H_
#define KSO_COMMON_BLOB_GRPC_BLOB_STORE_H_

#include <memory>

#include "common/blob/blob_store.h"
#include "kso/v1/blob.grpc.pb.h"

namespace kso {

// The blob store behind a BlobService, such as the coordinator's. What it
// downloads from offset 0 is verified by its reader's end: the last Read fails
// with DATA_LOSS when the bytes are wrong. `stub` must outlive it.
std::unique_ptr<BlobStore> CreateGrpcBlobStore(
    v1::BlobService::StubInterface* stub);

}  // namespace kso

#endif  // KSO_COMMON_BLOB_GRPC_BLOB_STORE_H_
