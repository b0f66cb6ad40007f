// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_FAULTY_REGISTRY_H_
#define KSO_TESTS_FAULT_FAULTY_REGISTRY_H_

#include <map>
#include <memory>
#include <string>

#include "tests/fault/dice.h"
#include "tests/fault/fake_destination.h"
#include "worker/task/image_stores.h"

namespace kso::testing {

// Upstream registries that share their blobs, and a destination. While there is
// trouble upstream, transfers break, bring wrong bytes, or do not begin. Not
// thread safe.
class FaultyRegistries : public worker::ImageStores {
 public:
  // `destination` must outlive it.
  FaultyRegistries(Dice dice, FakeDestination* destination)
      : dice_(dice), destination_(*destination) {}

  // Adds a blob to every repository.
  v1::Descriptor AddBlob(std::string content);

  void set_trouble(double trouble) { trouble_ = trouble; }
  int64_t requests() const { return requests_; }

  absl::StatusOr<std::unique_ptr<oci::ImageStore>> OpenRegistry(
      const std::string& host, bool insecure,
      const worker::TaskControl& control) override;
  absl::StatusOr<std::unique_ptr<oci::ImageStore>> OpenDestination(
      const v1::Destination& destination,
      const worker::TaskControl& control) override;

 private:
  class Upstream;
  class Destination;

  Dice dice_;
  FakeDestination& destination_;
  double trouble_ = 0;
  int64_t requests_ = 0;
  std::map<std::string, std::string> blobs_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_FAULTY_REGISTRY_H_
