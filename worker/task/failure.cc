// SPDX-License-Identifier: Apache-2.0
#include "worker/task/failure.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "common/base/status_notes.h"
#include "common/run/retry.h"
#include "common/text/printable_text.h"

namespace kso::worker {
namespace {

constexpr char kPayload[] = "kso.v1.Failure";

v1::Failure Said(const absl::Status& status) {
  v1::Failure said;
  if (const auto payload = status.GetPayload(kPayload)) {
    said.ParseFromString(std::string(*payload));
  }
  return said;
}

void Say(absl::Status& status, const v1::Failure& said) {
  status.SetPayload(kPayload, absl::Cord(said.SerializeAsString()));
}

bool IsOfThisMachine(const absl::Status& status) {
  const Resource resource = ExhaustedResource(status);
  return resource == Resource::kDisk || resource == Resource::kMemory;
}

v1::Failure::Kind KindOf(const absl::Status& status) {
  if (IsTransient(status)) return v1::Failure::TRANSIENT;
  if (IsOfThisMachine(status)) return v1::Failure::INFRASTRUCTURE;
  switch (status.code()) {
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
      return v1::Failure::INFRASTRUCTURE;
    default:
      return v1::Failure::PERMANENT;
  }
}

}  // namespace

absl::Status About(absl::Status status, std::string_view item,
                   std::string_view location, std::string_view advice) {
  if (status.ok()) return status;
  v1::Failure said = Said(status);
  if (said.item().empty()) {
    said.set_item(std::string(item));
    said.set_location(std::string(location));
  }
  if (said.advice().empty()) said.set_advice(std::string(advice));
  Say(status, said);
  return status;
}

absl::Status WorkerTrouble(absl::Status status) {
  if (status.ok()) return status;
  v1::Failure said = Said(status);
  said.set_kind(v1::Failure::INFRASTRUCTURE);
  Say(status, said);
  return status;
}

absl::Status OfWrongLayers(absl::Status status,
                           const std::vector<std::string>& digests) {
  if (status.ok()) return status;
  v1::Failure said = Said(status);
  said.mutable_wrong_layers()->Assign(digests.begin(), digests.end());
  Say(status, said);
  return status;
}

v1::Failure::Kind FailureKind(const absl::Status& status) {
  const v1::Failure::Kind said = Said(status).kind();
  return said == v1::Failure::KIND_UNSPECIFIED ? KindOf(status) : said;
}

v1::Failure ToFailure(const absl::Status& status, std::string_view item) {
  v1::Failure failure = Said(status);
  if (failure.kind() == v1::Failure::KIND_UNSPECIFIED) {
    failure.set_kind(KindOf(status));
  }
  if (failure.item().empty()) failure.set_item(std::string(item));
  if (const absl::Duration delay = RetryDelay(status);
      delay > absl::ZeroDuration()) {
    failure.mutable_retry_after()->set_seconds(
        absl::ToInt64Seconds(absl::Ceil(delay, absl::Seconds(1))));
  }
  failure.set_rate_limited(IsRateLimited(status));
  failure.set_reason(std::string(status.message()));
  // Parts of these came from hosts, archives and images.
  for (std::string* text :
       {failure.mutable_item(), failure.mutable_location(),
        failure.mutable_reason(), failure.mutable_advice()}) {
    *text = PrintableText(*text);
  }
  return failure;
}

}  // namespace kso::worker
