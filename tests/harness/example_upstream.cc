// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/example_upstream.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/release_file/release_on_disk.h"
#include "gtest/gtest.h"
#include "tests/upstream/make_catalog.h"
#include "tests/upstream/object_store.h"
#include "tests/upstream/release.h"
#include "tests/upstream/release_writer.h"

namespace kso::testing {

absl::StatusOr<ExampleUpstream> StartExampleUpstream(
    const std::filesystem::path& directory,
    const upstream::UpstreamServer::Options& options,
    const std::vector<std::string>& dropped_platforms) {
  KSO_ASSIGN_OR_RETURN(
      const upstream::Release lists,
      upstream::ReadRelease("deploy/releases/kubespray-2.25.1"));
  // The tests of a program share what is made once.
  KSO_ASSIGN_OR_RETURN(
      const upstream::ObjectStore objects,
      upstream::ObjectStore::Open(
          (std::filesystem::path(::testing::TempDir()) / "objects").string()));
  upstream::CatalogOptions catalog_options;
  catalog_options.size_factor = 0.0001;
  catalog_options.dropped_platforms = dropped_platforms;
  KSO_ASSIGN_OR_RETURN(upstream::Catalog catalog,
                       upstream::MakeCatalog(objects, lists, catalog_options));
  ExampleUpstream example;
  auto faults = std::make_unique<upstream::Faults>();
  example.faults = faults.get();
  KSO_ASSIGN_OR_RETURN(example.server,
                       upstream::UpstreamServer::Start(
                           options, std::move(catalog), std::move(faults)));
  const std::filesystem::path release = directory / "release";
  KSO_RETURN_IF_ERROR(upstream::WriteRelease(lists, example.server->catalog(),
                                             example.server->main_address(),
                                             "oci:result", release.string()));
  KSO_ASSIGN_OR_RETURN(example.release,
                       release_file::ReadRelease(release / "release.yaml"));
  return example;
}

std::filesystem::path DirectoryOfTest() {
  const auto directory =
      std::filesystem::path(::testing::TempDir()) /
      ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  return directory;
}

}  // namespace kso::testing
