// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BLOB_GRPC_BLOB_STORE_H_
#define KSO_COMMON_BLOB_GRPC_BLOB_STORE_H_

#include <memory>

#include "common/blob/remote_blob_store.h"
#include "common/rpc/call_watch.h"
#include "kso/v1/blob.grpc.pb.h"

namespace kso {

// The blob store behind a BlobService, such as the coordinator's. What it
// downloads from offset 0 is verified by its reader's end: the last Read fails
// with DATA_LOSS when the bytes are wrong. Transfers in which nothing moves any
// more end with DEADLINE_EXCEEDED, those in flight when a stop is requested
// with CANCELLED, as `watch` has it. `stub` and `watch`
// must outlive it and its sources.
std::unique_ptr<RemoteBlobStore> CreateGrpcBlobStore(
    v1::BlobService::StubInterface* stub, rpc::CallWatch* watch,
    std::stop_token stop = {});

}  // namespace kso

#endif  // KSO_COMMON_BLOB_GRPC_BLOB_STORE_H_
