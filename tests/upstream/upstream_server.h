// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_UPSTREAM_SERVER_H_
#define KSO_TESTS_UPSTREAM_UPSTREAM_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/upstream/catalog.h"
#include "tests/upstream/faults.h"
#include "tests/upstream/file_service.h"
#include "tests/upstream/http_origin.h"
#include "tests/upstream/registry_service.h"
#include "tests/upstream/service_context.h"
#include "tests/upstream/stats.h"

namespace kso::upstream {

// The stand-in for the internet, serving on three ports: the hosts that the
// lists name, the content delivery network, and the registries' object store.
class UpstreamServer {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    int port = 0;  // of the main origin; the others take any
    absl::Duration token_lifetime = absl::Seconds(300);
    uint64_t bytes_per_second = 0;
    // GETs of manifests in each window; 0 is no limit.
    int pull_limit = 0;
    absl::Duration pull_window = absl::Hours(6);
  };

  static absl::StatusOr<std::unique_ptr<UpstreamServer>> Start(
      const Options& options, Catalog catalog, std::unique_ptr<Faults> faults);

  // Each as HOST:PORT.
  const std::string& main_address() const { return main_address_; }
  const std::string& cdn_address() const { return cdn_address_; }
  const std::string& blob_address() const { return blob_address_; }
  const Catalog& catalog() const { return context_.catalog; }

 private:
  explicit UpstreamServer(std::unique_ptr<Faults> faults)
      : faults_(std::move(faults)) {}

  void ServeMain(const httplib::Request& request, httplib::Response& response);

  const std::unique_ptr<Faults> faults_;
  Stats stats_;
  ServiceContext context_;
  std::unique_ptr<FileService> files_;
  std::unique_ptr<RegistryService> registry_;
  std::string main_address_;
  std::string cdn_address_;
  std::string blob_address_;
  // Last, so that they stop before what they serve from goes away.
  HttpOrigin main_;
  HttpOrigin cdn_;
  HttpOrigin blobs_;
};

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_UPSTREAM_SERVER_H_
