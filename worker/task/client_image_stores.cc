// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <utility>

#include "common/blob/blob_image_store.h"
#include "common/oci/destination.h"
#include "common/oci/registry_client.h"
#include "worker/task/image_stores.h"

namespace kso::worker {
namespace {

class ClientImageStores : public ImageStores {
 public:
  ClientImageStores(http::Transport* transport, Clock* clock,
                    const oci::Credentials* credentials,
                    OpenBlobStore open_coordinator_blobs,
                    oci::TokenOptions tokens)
      : transport_(transport),
        clock_(clock),
        credentials_(credentials),
        open_coordinator_blobs_(std::move(open_coordinator_blobs)),
        tokens_(std::move(tokens)) {}

  absl::StatusOr<std::unique_ptr<oci::ImageStore>> OpenRegistry(
      const std::string& host, bool insecure,
      const TaskControl& control) override {
    return oci::CreateRegistryClient({.host = host,
                                      .insecure = insecure,
                                      .stop = control.stop_token(),
                                      .tokens = tokens_,
                                      .stream_refusals = stream_refusals_},
                                     transport_, clock_, credentials_);
  }

  absl::StatusOr<std::unique_ptr<oci::ImageStore>> OpenDestination(
      const v1::Destination& destination, const TaskControl& control) override {
    if (destination.kind() == v1::Destination::REGISTRY) {
      return OpenRegistry(oci::DestinationHost(destination),
                          destination.insecure(), control);
    }
    return CreateBlobImageStore(open_coordinator_blobs_(control.stop_token()));
  }

 private:
  http::Transport* const transport_;
  Clock* const clock_;
  const oci::Credentials* const credentials_;
  const OpenBlobStore open_coordinator_blobs_;
  const oci::TokenOptions tokens_;
  const std::shared_ptr<oci::StreamRefusals> stream_refusals_ =
      std::make_shared<oci::StreamRefusals>();
};

}  // namespace

std::unique_ptr<ImageStores> CreateImageStores(
    http::Transport* transport, Clock* clock,
    const oci::Credentials* credentials, OpenBlobStore open_coordinator_blobs,
    oci::TokenOptions tokens) {
  return std::make_unique<ClientImageStores>(transport, clock, credentials,
                                             std::move(open_coordinator_blobs),
                                             std::move(tokens));
}

}  // namespace kso::worker
