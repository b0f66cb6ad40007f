// SPDX-License-Identifier: Apache-2.0
#include "tests/scale/load.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/fakes/resolved_release.h"

namespace kso::scale {
namespace {

constexpr char kLastFile[] = "/last";

const testing::ResolvedRelease& Bases() {
  static const auto* const kBases = new testing::ResolvedRelease();
  return *kBases;
}

}  // namespace

v1::SubmitBuildRequest MakeBuild(int number, int files) {
  v1::SubmitBuildRequest request;
  request.set_build_id(absl::StrFormat("20240131-120405-b%04d", number));
  request.set_plan_only(true);
  v1::Release& release = *request.mutable_release();
  release = Bases().release;
  release.set_name(absl::StrCat("v1.0.", number));
  release.clear_images_base();
  for (int i = 0; i < files; ++i) {
    v1::FileRequest& file = *release.add_files();
    file.set_url(absl::StrFormat(
        "https://dl.example.com/release/v1.0.%d/bin/linux/amd64/component-%05d"
        "%s",
        number, i, i == files - 1 ? kLastFile : ""));
    file.set_digest(absl::StrFormat("sha256:%032x%032x", number, i));
    file.set_location(absl::StrCat("files-amd64.list:", i + 1));
    file.add_architectures("amd64");
  }
  return request;
}

bool IsLast(const v1::Task& task) {
  return absl::EndsWith(task.resolve_file().url(), kLastFile);
}

v1::TaskResult ResultOf(const v1::Task& task) {
  v1::TaskResult result;
  if (task.has_resolve_image()) {
    *result.mutable_resolved_image() =
        Bases().resolved.images.at(task.resolve_image().reference());
    return result;
  }
  v1::ResolvedFile& file = *result.mutable_resolved_file();
  file.set_url(task.resolve_file().url());
  file.set_size(12'345'678);
  file.set_etag("\"65b9f2c4-bc614e\"");
  file.set_last_modified("Wed, 31 Jan 2024 07:12:04 GMT");
  return result;
}

}  // namespace kso::scale
