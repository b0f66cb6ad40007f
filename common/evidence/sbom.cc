// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/sbom.h"

#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "common/base/strings.h"
#include "common/base/version.h"
#include "common/bytes/digest.h"
#include "common/evidence/license_expression.h"
#include "common/evidence/package_url.h"
#include "common/oci/documents.h"

namespace kso::evidence {
namespace {

using Json = oci::DocumentJson;

constexpr char kImageId[] = "SPDXRef-image";
constexpr char kUnstated[] = "NOASSERTION";

bool IsFile(const v1::ItemVerdict& item) {
  return item.name().find("://") != std::string::npos;
}

std::string HexOf(std::string_view digest) {
  return std::string(digest.substr(digest.find(':') + 1));
}

Json Checksums(std::string_view digest) {
  const std::string algorithm =
      digest.starts_with("sha512:") ? "SHA512" : "SHA256";
  return Json::array(
      {{{"algorithm", algorithm}, {"checksumValue", HexOf(digest)}}});
}

Json PackageUrl(std::string url) {
  return Json::array({{{"referenceCategory", "PACKAGE-MANAGER"},
                       {"referenceType", "purl"},
                       {"referenceLocator", std::move(url)}}});
}

std::string VersionOf(const v1::ItemVerdict& item) {
  if (IsFile(item)) return VersionInUrl(item.name());
  const std::string& name = item.name();
  const size_t at = name.find('@');
  const size_t colon = name.substr(0, at).rfind(':');
  if (colon == std::string::npos || name.find('/', colon) < at) return "";
  return name.substr(colon + 1, at - colon - 1);
}

// A package's id is made of its name, so that a document of the next release
// compares well.
std::string IdOf(const v1::ItemVerdict& item) {
  return Concat("SPDXRef-", IsFile(item) ? "file-" : "image-",
                Sha256Of(item.name()).hex().substr(0, 16));
}

std::string VerdictInWords(const v1::ItemVerdict& item) {
  switch (item.verdict()) {
    case v1::ItemVerdict::MATCHED:
      return "Its digest is the one that its list states.";
    case v1::ItemVerdict::UNSTATED:
      return "Its list states no digest: it is what its host sent.";
    case v1::ItemVerdict::WAIVED:
      return Concat("Let through by a waiver: ", item.waived_because(), ".");
    default:
      return "";
  }
}

Json PackageOf(const v1::ItemVerdict& item) {
  const bool is_file = IsFile(item);
  Json package = {{"SPDXID", IdOf(item)},
                  {"name", is_file ? FileNameOf(item.name()) : item.name()}};
  const std::string version = VersionOf(item);
  if (!version.empty()) package["versionInfo"] = version;
  if (is_file) package["packageFileName"] = FileNameOf(item.name());
  package["downloadLocation"] = is_file ? item.name() : std::string(kUnstated);
  package["filesAnalyzed"] = false;
  if (!item.digest().empty()) package["checksums"] = Checksums(item.digest());
  package["licenseConcluded"] = kUnstated;
  const std::optional<std::string> license = LicenseExpression(item.license());
  package["licenseDeclared"] = license.value_or(kUnstated);
  package["copyrightText"] = kUnstated;
  package["primaryPackagePurpose"] = is_file ? "ARCHIVE" : "CONTAINER";
  std::string comment = VerdictInWords(item);
  if (!license && !item.license().empty()) {
    comment += Concat(
        comment.empty() ? "" : " ",
        "It states a licence that is no SPDX expression: ", item.license());
  }
  if (!comment.empty()) package["comment"] = comment;
  std::string url = is_file ? PackageUrlOfFile(item.name())
                            : PackageUrlOfImage(item.name(), item.digest());
  if (!url.empty()) package["externalRefs"] = PackageUrl(std::move(url));
  return package;
}

v1::ItemVerdict BaseAsItem(const BuildFacts& facts) {
  v1::ItemVerdict base;
  base.set_name(facts.base);
  base.set_digest(facts.base_digest);
  return base;
}

Json ImagePackage(const BuildFacts& facts) {
  const v1::ImageResult& image = facts.image;
  return {{"SPDXID", kImageId},
          {"name", image.name()},
          {"versionInfo", facts.release},
          {"downloadLocation", kUnstated},
          {"filesAnalyzed", false},
          {"checksums", Checksums(image.index().digest())},
          {"licenseConcluded", kUnstated},
          {"licenseDeclared", kUnstated},
          {"copyrightText", kUnstated},
          {"primaryPackagePurpose", "CONTAINER"},
          {"externalRefs",
           PackageUrl(PackageUrlOfImage(
               Concat("kso.invalid/", image.name(), ":", facts.release),
               image.index().digest()))}};
}

Json Relationship(std::string_view from, std::string_view type,
                  std::string_view to) {
  return {{"spdxElementId", from},
          {"relationshipType", type},
          {"relatedSpdxElement", to}};
}

}  // namespace

std::string MakeSbom(const BuildFacts& facts) {
  Json packages = Json::array({ImagePackage(facts)});
  Json relationships =
      Json::array({Relationship("SPDXRef-DOCUMENT", "DESCRIBES", kImageId)});
  std::set<std::string> ids;
  const auto add = [&](const v1::ItemVerdict& item, std::string_view type) {
    if (!ids.insert(IdOf(item)).second) return;
    packages.push_back(PackageOf(item));
    relationships.push_back(Relationship(kImageId, type, IdOf(item)));
  };
  for (const v1::ItemVerdict& item : facts.items) add(item, "CONTAINS");
  if (!facts.base.empty()) add(BaseAsItem(facts), "DESCENDANT_OF");
  const std::string name = Concat(facts.image.name(), "-", facts.release);
  const Json document = {
      {"spdxVersion", "SPDX-2.3"},
      {"dataLicense", "CC0-1.0"},
      {"SPDXID", "SPDXRef-DOCUMENT"},
      {"name", name},
      {"documentNamespace", Concat("https://spdx.org/spdxdocs/", name, "-",
                                   HexOf(facts.image.index().digest()))},
      {"creationInfo",
       {{"created", "1970-01-01T00:00:00Z"},
        {"creators", Json::array({Concat("Tool: kso-", kVersion)})}}},
      {"packages", std::move(packages)},
      {"relationships", std::move(relationships)}};
  return document.dump(2) + "\n";
}

}  // namespace kso::evidence
