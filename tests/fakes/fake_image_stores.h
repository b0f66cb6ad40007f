// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_FAKE_IMAGE_STORES_H_
#define KSO_TESTS_FAKES_FAKE_IMAGE_STORES_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/oci/image_store.h"
#include "worker/task/image_stores.h"

namespace kso::testing {

// Registries in memory: all hosts share them, repositories are "HOST/PATH", and
// a destination's host is "destination". Counts what is asked. Thread safe.
class FakeImageStores : public worker::ImageStores {
 public:
  FakeImageStores();
  ~FakeImageStores() override;

  absl::StatusOr<std::unique_ptr<oci::ImageStore>> OpenRegistry(
      const std::string& host, bool insecure,
      const worker::TaskControl& control) override;
  absl::StatusOr<std::unique_ptr<oci::ImageStore>> OpenDestination(
      const v1::Destination& destination,
      const worker::TaskControl& control) override;

  v1::Descriptor AddBlob(std::string_view repository, std::string content,
                         std::string_view media_type);
  // From now on the blob `digest` has other bytes.
  void DamageBlob(std::string_view repository, const std::string& digest,
                  std::string content);
  // `tag` may be empty.
  v1::Descriptor AddManifest(std::string_view repository, std::string content,
                             std::string_view media_type, std::string_view tag);
  // The blob that the destination has; empty when it is not there.
  std::string DestinationBlob(std::string_view repository,
                              const std::string& digest);
  // The next transfers of blobs are cut after so many bytes each.
  void CutNextBlob(size_t after_bytes);

  // Called before each Write of a blob that streams to the destination, with
  // the bytes that came before.
  void OnPush(std::function<void(int64_t bytes)> on_push);
  // From now on registries answer so when they are asked what refers to an
  // image; they list it otherwise.
  void RefuseReferrers(absl::Status status);
  // From now on the destination wants to know a blob before its bytes.
  void RefuseStreams();

  int manifest_gets() const;
  int blob_gets() const;
  int blob_puts() const;

 private:
  class Store;
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_FAKE_IMAGE_STORES_H_
