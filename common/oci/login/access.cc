// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/access.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_join.h"
#include "common/base/strings.h"

namespace kso::oci {
namespace {

constexpr char kMark[] = "kso.oci.denial";

}  // namespace

absl::Status AsDenial(absl::Status status) {
  if (!status.ok()) status.SetPayload(kMark, absl::Cord("1"));
  return status;
}

bool IsDenial(const absl::Status& status) {
  return status.GetPayload(kMark).has_value();
}

absl::StatusOr<bool> HasBlobOr(ImageStore& store, std::string_view repository,
                               const Digest& digest, bool when_denied) {
  absl::StatusOr<bool> there = store.HasBlob(repository, digest);
  if (IsDenial(there.status())) return when_denied;
  return there;
}

absl::Status CheckPushToAll(ImageStore& store,
                            const std::set<std::string>& repositories) {
  std::set<std::string> absent;
  std::string reason;
  for (const std::string& repository : repositories) {
    const absl::Status pushed = store.CheckPush(repository);
    if (pushed.ok()) continue;
    if (!absl::IsNotFound(pushed)) return pushed;
    if (absent.empty()) reason = ToStd(pushed.message());
    absent.insert(repository);
  }
  if (absent.empty()) return absl::OkStatus();
  return absl::NotFoundError(
      Concat("make ", absl::StrJoin(absent, " and "),
             " at the registry, which makes no repositories by itself (",
             reason, ")"));
}

}  // namespace kso::oci
