// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_HARNESS_EXAMPLE_UPSTREAM_H_
#define KSO_TESTS_HARNESS_EXAMPLE_UPSTREAM_H_

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kso/v1/build.pb.h"
#include "tests/upstream/faults.h"
#include "tests/upstream/upstream_server.h"

namespace kso::testing {

// The stand-in upstream with the example release at a thousandth of the size
// that the end-to-end tests use, and that release as ksoctl reads it.
struct ExampleUpstream {
  std::unique_ptr<upstream::UpstreamServer> server;
  // Of the server.
  upstream::Faults* faults = nullptr;
  v1::Release release;
};

// Writes the release to `directory`/release. `dropped_platforms` as for
// CatalogOptions.
absl::StatusOr<ExampleUpstream> StartExampleUpstream(
    const std::filesystem::path& directory,
    const upstream::UpstreamServer::Options& options = {},
    const std::vector<std::string>& dropped_platforms = {});

// An empty directory for the test that runs.
std::filesystem::path DirectoryOfTest();

}  // namespace kso::testing

#endif  // KSO_TESTS_HARNESS_EXAMPLE_UPSTREAM_H_
