// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/result_check.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/proto_time.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/text/printable_text.h"
#include "common/text/text.h"
#include "coordinator/core/base/host_trouble.h"

namespace kso::coordinator {
namespace {

constexpr absl::Duration kLongestDelay = absl::Hours(24);
// Names of workers, hosts, versions and media types.
constexpr size_t kLongestName = 255;
constexpr int kMostChecks = 1000;
constexpr int kMostPlatforms = 64;
constexpr int kMostManifests = 256;
constexpr int kMostIndexes = 64;
constexpr int kMostSignatures = 256;
constexpr int kMostSigned = 256;
constexpr int kMostHosts = 1000;
constexpr int kMostRemarks = 16;
constexpr int kMostArchitectures = 32;
constexpr size_t kLongestArchitecture = 16;
constexpr int kMostWrongLayers = 256;

absl::Status Wrong(std::string_view what) {
  return absl::InternalError(
      Concat("the worker's result does not fit its task: ", what));
}

absl::Status CheckDigest(std::string_view what, const std::string& digest) {
  if (Digest::Parse(digest).ok()) return absl::OkStatus();
  return Wrong(Concat("the digest of ", what, " is \"",
                      PrintableText(digest, kLongestName), "\""));
}

absl::Status CheckSize(std::string_view what, int64_t size) {
  if (size >= 0 && size <= kLargestContent) return absl::OkStatus();
  return Wrong(Concat("the size of ", what, " is ", size));
}

absl::Status CheckDescriptor(std::string_view what,
                             const v1::Descriptor& descriptor) {
  KSO_RETURN_IF_ERROR(CheckDigest(what, descriptor.digest()));
  KSO_RETURN_IF_ERROR(CheckSize(what, descriptor.size()));
  if (descriptor.media_type().size() <= kLongestName) return absl::OkStatus();
  return Wrong(Concat("the media type of ", what, " is too long"));
}

absl::Status CheckFile(const v1::ResolveFile& work,
                       const v1::ResolvedFile& file) {
  if (file.url() != work.url()) return Wrong("it is about another URL");
  // -1 stands for a size that is not known.
  if (file.size() != -1)
    KSO_RETURN_IF_ERROR(CheckSize("the file", file.size()));
  if (file.etag().size() > kLongestText ||
      file.last_modified().size() > kLongestText) {
    return Wrong("the file's validators are too long");
  }
  return absl::OkStatus();
}

absl::Status CheckDocument(std::string_view what, const v1::Document& document,
                           int64_t& bytes) {
  KSO_RETURN_IF_ERROR(CheckDescriptor(what, document.content_descriptor()));
  // The planner compares content, digest and size: that they do not agree may
  // be the registry's fault.
  bytes = SaturatingAdd(bytes, static_cast<int64_t>(document.content().size()));
  return absl::OkStatus();
}

// Bounds a signature that is left where it is: of it, only its tag or digest is
// told.
absl::Status CheckLeftOut(const v1::UpstreamArtifact& artifact) {
  if (!artifact.manifest().content().empty() || artifact.contents_size() > 0) {
    return Wrong("a signature is left out, and here");
  }
  const std::string& digest = artifact.manifest().content_descriptor().digest();
  return digest.empty() ? absl::OkStatus() : CheckDigest("a signature", digest);
}

// The planner compares what is signed, and who has signed it.
absl::Status CheckSignatures(const v1::ResolveImage& work,
                             const v1::ResolvedImage& image, int64_t& bytes) {
  if (!work.want_signatures() && image.signatures_size() > 0) {
    return Wrong("it has signatures that nobody asked for");
  }
  if (image.signatures_size() > kMostSignatures) {
    return Wrong(Concat("it has ", image.signatures_size(), " signatures"));
  }
  for (const v1::UpstreamArtifact& artifact : image.signatures()) {
    if (artifact.tag().size() > kLongestName ||
        artifact.left_out().size() > kLongestText) {
      return Wrong("a signature is told of at length");
    }
    if (!artifact.left_out().empty()) {
      KSO_RETURN_IF_ERROR(CheckLeftOut(artifact));
      continue;
    }
    KSO_RETURN_IF_ERROR(
        CheckDocument("a signature", artifact.manifest(), bytes));
    if (artifact.contents_size() > kMostSigned) {
      return Wrong(
          Concat("a signature is of ", artifact.contents_size(), " documents"));
    }
    for (const v1::Document& content : artifact.contents()) {
      KSO_RETURN_IF_ERROR(CheckDocument("what is signed", content, bytes));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckImage(const v1::ResolveImage& work,
                        const v1::ResolvedImage& image) {
  if (image.reference() != work.reference()) {
    return Wrong("it is about another image");
  }
  if (image.manifest_gets() < 0) return Wrong("it made less than no requests");
  if (image.unchanged()) {
    if (work.known_digest().empty()) {
      return Wrong("nothing was known that could be unchanged");
    }
    if (image.has_top() || image.indexes_size() > 0 ||
        image.manifests_size() > 0 || image.configs_size() > 0 ||
        image.licenses_size() > 0 || image.signatures_size() > 0 ||
        image.config_platforms_size() > 0) {
      return Wrong("what is unchanged has documents");
    }
    return absl::OkStatus();
  }
  int64_t bytes = 0;
  KSO_RETURN_IF_ERROR(CheckDocument("the image", image.top(), bytes));
  if (image.manifests_size() > kMostManifests ||
      image.indexes_size() > kMostIndexes) {
    return Wrong(Concat("it has ", image.manifests_size(), " manifests and ",
                        image.indexes_size(), " indexes in its index"));
  }
  for (const v1::Document& index : image.indexes()) {
    KSO_RETURN_IF_ERROR(CheckDocument("an index", index, bytes));
  }
  for (const v1::Document& manifest : image.manifests()) {
    KSO_RETURN_IF_ERROR(CheckDocument("a manifest", manifest, bytes));
  }
  if (image.configs_size() > image.manifests_size() ||
      (work.want_configs() && image.configs_size() != image.manifests_size())) {
    return Wrong("its configs are not those of its manifests");
  }
  for (const v1::Document& config : image.configs()) {
    KSO_RETURN_IF_ERROR(CheckDocument("a config", config, bytes));
  }
  if (image.licenses_size() > image.manifests_size()) {
    return Wrong("it states more licences than it has manifests");
  }
  for (const std::string& license : image.licenses()) {
    if (license.size() > kLongestText) return Wrong("a licence is too long");
  }
  if (!work.take_mislabelled() && image.config_platforms_size() > 0) {
    return Wrong("its configs are for other platforms");
  }
  if (image.config_platforms_size() > image.manifests_size()) {
    return Wrong("it has more platforms of configs than it has manifests");
  }
  for (const std::string& platform : image.config_platforms()) {
    if (platform.size() > kLongestName) {
      return Wrong("the platform of a config is too long");
    }
  }
  KSO_RETURN_IF_ERROR(CheckSignatures(work, image, bytes));
  if (bytes <= kLargestDocuments) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("its index, manifests and configs are ", FormatBytes(bytes),
             " together, over the limit of ", FormatBytes(kLargestDocuments)));
}

// The digests and the size that the task states of a member.
struct Stated {
  // Each empty where it states none.
  std::string sha256;
  std::string sha512;
  // A file's size is what its host claims, and so is not stated.
  std::optional<int64_t> size;
};

Stated StatedOf(const v1::LayerMember& member) {
  Stated stated;
  std::string digest;
  switch (member.source_case()) {
    case v1::LayerMember::kFile:
      digest = member.file().digest();
      break;
    case v1::LayerMember::kBlob:
      digest = member.blob().blob().digest();
      stated.size = member.blob().blob().size();
      break;
    case v1::LayerMember::kContent:
      digest = Sha256Of(member.content()).ToString();
      stated.size = static_cast<int64_t>(member.content().size());
      break;
    case v1::LayerMember::SOURCE_NOT_SET:
      break;
  }
  (digest.starts_with("sha512:") ? stated.sha512 : stated.sha256) =
      std::move(digest);
  return stated;
}

absl::Status CheckStated(std::string_view what, const Stated& stated,
                         const v1::MadeMember& made) {
  if (!stated.sha256.empty() && made.digest() != stated.sha256) {
    return Wrong(Concat(what, " is ", made.digest(), ", not ", stated.sha256));
  }
  // Verification compares this digest with what is served, whatever the maker
  // says or leaves out.
  if (!stated.sha512.empty() && !made.sha512().empty() &&
      made.sha512() != stated.sha512) {
    return Wrong(Concat(what, " is \"", PrintableText(made.sha512()),
                        "\", not ", stated.sha512));
  }
  if (stated.size.has_value() && made.size() != *stated.size) {
    return Wrong(
        Concat(what, " has ", made.size(), " bytes, not ", *stated.size));
  }
  return absl::OkStatus();
}

bool IsArchitecture(std::string_view text) {
  return !text.empty() && text.size() <= kLongestArchitecture &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
         });
}

absl::Status CheckContent(const std::string& what,
                          const v1::FileContent& content) {
  if (content.programs_size() > kMostArchitectures) {
    return Wrong(Concat(what, " has programs for ", content.programs_size(),
                        " architectures"));
  }
  std::string_view before;
  for (const v1::FoundPrograms& found : content.programs()) {
    if (!IsArchitecture(found.architecture()) ||
        found.architecture() <= before) {
      return Wrong(Concat(what, " has programs for \"",
                          PrintableText(found.architecture(), kLongestName),
                          "\", which is no architecture, or not in order"));
    }
    before = found.architecture();
    if (found.count() < 1 || found.executables() < 0 ||
        found.executables() > found.count()) {
      return Wrong(Concat(what, " has ", found.count(), " programs for ",
                          found.architecture()));
    }
    if (found.example().size() > kLongestText) {
      return Wrong(Concat(what, " has a program with too long a path"));
    }
  }
  if (content.not_looked_at().size() <= kLongestText) return absl::OkStatus();
  return Wrong(Concat(what, " is told of at length"));
}

absl::Status CheckMember(const v1::LayerMember& asked,
                         const v1::MadeMember& made) {
  const std::string what =
      Concat("member ", PrintableText(asked.path(), kLongestName));
  if (made.path() != asked.path()) {
    return Wrong(Concat("instead of ", what, " it has ",
                        PrintableText(made.path(), kLongestName)));
  }
  KSO_RETURN_IF_ERROR(CheckDigest(what, made.digest()));
  KSO_RETURN_IF_ERROR(CheckSize(what, made.size()));
  if (!made.sha512().empty()) {
    KSO_RETURN_IF_ERROR(CheckDigest(what, made.sha512()));
  }
  if (made.has_content() && !asked.has_file()) {
    return Wrong(Concat(what, " is no file from upstream and was looked into"));
  }
  KSO_RETURN_IF_ERROR(CheckContent(what, made.content()));
  return CheckStated(what, StatedOf(asked), made);
}

absl::Status CheckPlatform(const v1::Platform& platform) {
  for (const std::string* word :
       {&platform.os(), &platform.architecture(), &platform.variant()}) {
    if (word->size() > kLongestArchitecture) {
      return Wrong("the platform of its worker has too long a name");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckLayer(const v1::MakeLayer& work, const v1::MadeLayer& made) {
  KSO_RETURN_IF_ERROR(CheckPlatform(made.made_on()));
  KSO_RETURN_IF_ERROR(CheckDescriptor("the layer", made.layer()));
  if (made.layer().media_type() != work.media_type()) {
    return Wrong(Concat("the layer is ", made.layer().media_type(), ", not ",
                        work.media_type()));
  }
  KSO_RETURN_IF_ERROR(CheckDigest("the tar in the layer", made.diff_id()));
  if (made.members_size() != work.members_size()) {
    return Wrong(Concat("the layer has ", made.members_size(), " members, not ",
                        work.members_size()));
  }
  for (int i = 0; i < work.members_size(); ++i) {
    KSO_RETURN_IF_ERROR(CheckMember(work.members(i), made.members(i)));
  }
  return absl::OkStatus();
}

absl::Status CheckVerification(const v1::VerifiedImage& verified) {
  for (const auto* told : {&verified.checks(), &verified.missing_fences()}) {
    if (told->size() > kMostChecks) {
      return Wrong(Concat("it tells of ", told->size(), " checks"));
    }
    for (const std::string& text : *told) {
      if (text.size() > kLongestText) return Wrong("a check is told at length");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOutcome(const v1::Task& task, const v1::TaskResult& result) {
  switch (task.work_case()) {
    case v1::Task::kResolveFile:
      if (!result.has_resolved_file()) break;
      return CheckFile(task.resolve_file(), result.resolved_file());
    case v1::Task::kResolveImage:
      if (!result.has_resolved_image()) break;
      return CheckImage(task.resolve_image(), result.resolved_image());
    case v1::Task::kMakeLayer:
      if (!result.has_made_layer()) break;
      return CheckLayer(task.make_layer(), result.made_layer());
    case v1::Task::kCopyBlobs:
      if (!result.has_copied_blobs()) break;
      return absl::OkStatus();
    case v1::Task::kVerifyImage:
      if (!result.has_verified_image()) break;
      return CheckVerification(result.verified_image());
    case v1::Task::WORK_NOT_SET:
      return absl::OkStatus();
  }
  return Wrong("it is of another kind");
}

void Bound(std::string* text, size_t most) {
  *text = PrintableText(*text, most);
}

void BoundDuration(google::protobuf::Duration* duration) {
  // Nanoseconds may be anything, and seconds more than a duration takes.
  const absl::Duration given =
      absl::Seconds(duration->seconds()) +
      absl::Nanoseconds(std::clamp(duration->nanos(), 0, 999'999'999));
  *duration = ToProto(std::clamp(given, absl::ZeroDuration(), kLongestDelay));
}

void BoundHost(v1::HostReport& host) {
  Bound(host.mutable_host(), kLongestName);
  host.set_refusals(std::max<int64_t>(host.refusals(), 0));
  if (host.has_retry_after()) BoundDuration(host.mutable_retry_after());
  if (host.has_quota_age()) BoundDuration(host.mutable_quota_age());
  if (!host.has_quota()) return;
  v1::Quota& quota = *host.mutable_quota();
  quota.set_limit(std::clamp<int64_t>(quota.limit(), 0, kLargestContent));
  quota.set_remaining(
      std::clamp<int64_t>(quota.remaining(), 0, kLargestContent));
  if (quota.has_window()) BoundDuration(quota.mutable_window());
}

void BoundTraffic(v1::HostTraffic& traffic) {
  Bound(traffic.mutable_host(), kLongestName);
  traffic.set_bytes_received(std::max<int64_t>(traffic.bytes_received(), 0));
  traffic.set_bytes_sent(std::max<int64_t>(traffic.bytes_sent(), 0));
}

template <typename List>
void Shorten(List* list, int most) {
  const int kept = std::min(list->size(), most);
  list->DeleteSubrange(kept, list->size() - kept);
}

}  // namespace

absl::Status CheckResult(const v1::Task& task, const v1::TaskResult& result) {
  if (result.bytes_fetched() < 0 || result.bytes_pushed() < 0) {
    return Wrong("it moved less than no bytes");
  }
  return CheckOutcome(task, result);
}

void BoundFailure(v1::Failure& failure) {
  for (std::string* text :
       {failure.mutable_item(), failure.mutable_reason(),
        failure.mutable_advice(), failure.mutable_location()}) {
    Bound(text, kLongestText);
  }
  failure.set_reason(WithoutItem(failure.item(), failure.reason()));
  if (failure.reason().empty()) {
    failure.set_reason("failed, and the worker does not say why");
  }
  if (!v1::Failure::Kind_IsValid(failure.kind()) ||
      failure.kind() == v1::Failure::KIND_UNSPECIFIED) {
    failure.set_kind(v1::Failure::INFRASTRUCTURE);
  }
  if (failure.has_retry_after()) BoundDuration(failure.mutable_retry_after());
  Shorten(failure.mutable_wrong_layers(), kMostWrongLayers);
  for (std::string& digest : *failure.mutable_wrong_layers()) {
    Bound(&digest, kLongestName);
  }
}

void BoundWorkerInfo(v1::WorkerInfo& info) {
  for (std::string* text : {info.mutable_name(), info.mutable_version()}) {
    Bound(text, kLongestName);
  }
  for (std::string* text : {info.mutable_unhealthy_reason(),
                            info.mutable_cannot_execute_reason()}) {
    Bound(text, kLongestText);
  }
  for (auto* texts : {info.mutable_missing_fences(), info.mutable_remarks()}) {
    Shorten(texts, kMostRemarks);
    for (std::string& text : *texts) Bound(&text, kLongestText);
  }
  info.set_slots(std::clamp(info.slots(), 0, kMostSlots));
  info.set_cache_bytes(std::max<int64_t>(info.cache_bytes(), 0));
  Shorten(info.mutable_platforms(), kMostPlatforms);
  for (v1::PlatformSupport& support : *info.mutable_platforms()) {
    v1::Platform& platform = *support.mutable_platform();
    for (std::string* text :
         {platform.mutable_os(), platform.mutable_architecture(),
          platform.mutable_variant()}) {
      Bound(text, kLongestName);
    }
  }
  Shorten(info.mutable_hosts(), kMostHosts);
  for (v1::HostReport& host : *info.mutable_hosts()) BoundHost(host);
  Shorten(info.mutable_traffic(), kMostHosts);
  for (v1::HostTraffic& host : *info.mutable_traffic()) BoundTraffic(host);
}

int BoundFreeSlots(const v1::WorkerInfo& info, int claimed) {
  // A worker that does not say how many it has may have any number.
  const int most = info.slots() > 0 ? info.slots() : kMostSlots;
  return std::clamp(claimed, 0, most);
}

}  // namespace kso::coordinator
