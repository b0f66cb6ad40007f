// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <utility>

#include "common/blob/blob_image_store.h"
#include "common/oci/registry/registry_connector.h"
#include "worker/task/image_stores.h"

namespace kso::worker {
namespace {

class ClientImageStores : public ImageStores {
 public:
  ClientImageStores(oci::RegistryConnector registries,
                    OpenBlobStore open_coordinator_blobs)
      : registries_(std::move(registries)),
        open_coordinator_blobs_(std::move(open_coordinator_blobs)) {}

  absl::StatusOr<std::unique_ptr<oci::ImageStore>> OpenRegistry(
      const std::string& host, bool insecure,
      const TaskControl& control) override {
    return For(control).Open(host, insecure, control.stop_token());
  }

  absl::StatusOr<std::unique_ptr<oci::ImageStore>> OpenDestination(
      const v1::Destination& destination, const TaskControl& control) override {
    const std::stop_token stop = control.stop_token();
    return For(control).OpenDestination(destination, stop, [&] {
      return CreateBlobImageStore(open_coordinator_blobs_(stop));
    });
  }

 private:
  oci::RegistryConnector For(const TaskControl& control) const {
    return control.logins().has_value()
               ? registries_.LimitedTo(*control.logins())
               : registries_;
  }

  const oci::RegistryConnector registries_;
  const OpenBlobStore open_coordinator_blobs_;
};

}  // namespace

std::unique_ptr<ImageStores> CreateImageStores(
    http::Transport* transport, Clock* clock,
    const oci::Credentials* credentials, OpenBlobStore open_coordinator_blobs,
    oci::SharedRegistryOptions shared) {
  return std::make_unique<ClientImageStores>(
      oci::RegistryConnector(transport, clock, credentials, std::move(shared)),
      std::move(open_coordinator_blobs));
}

}  // namespace kso::worker
