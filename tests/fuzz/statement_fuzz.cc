// SPDX-License-Identifier: Apache-2.0
// Any bytes as what is stated about images: in-toto statements, summaries,
// lists of referrers, licences, and the URLs that package URLs are made of.

#include <string>

#include "common/bytes/digest.h"
#include "common/evidence/license_expression.h"
#include "common/evidence/package_url.h"
#include "common/evidence/statement.h"
#include "common/evidence/summary.h"
#include "common/oci/media_types.h"
#include "common/oci/referrers.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace {

using namespace kso;  // NOLINT(google-build-using-namespace)

void ReadReferrers(std::string_view bytes) {
  const auto referrers = oci::ParseReferrers(bytes, oci::kOciIndex);
  if (!referrers.ok()) {
    fuzz::RequireSaid(referrers.status(), "a refusal has a reason");
    return;
  }
  for (const oci::Referrer& referrer : *referrers) {
    fuzz::Require(Digest::Parse(referrer.manifest.digest()).ok(),
                  "a referrer has a digest");
  }
  const auto merged = oci::MergeReferrers(*referrers, *referrers);
  fuzz::Require(merged.size() <= referrers->size(), "each is there once");
  const v1::Document index = oci::MakeReferrersIndex(merged);
  const auto again = oci::ParseReferrers(index.content(), oci::kOciIndex);
  fuzz::Require(again.ok() && again->size() == merged.size(),
                "a list that is written is read");
}

// A package URL goes into a document that others validate.
void RequireAscii(std::string_view text) {
  for (const char c : text) {
    fuzz::Require(c > ' ' && c < 0x7f, "a package URL is visible ASCII");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const std::string_view bytes = input.Rest();
  const std::string digest = "sha256:" + std::string(64, 'a');
  const auto predicate = evidence::PredicateAbout(bytes, digest);
  fuzz::RequireSaid(predicate.status(), "a refusal has a reason");
  const auto summary = evidence::SummaryInStatement(bytes);
  fuzz::RequireSaid(summary.status(), "a refusal has a reason");
  ReadReferrers(bytes);
  const auto expression = evidence::LicenseExpression(bytes);
  if (expression.has_value()) {
    fuzz::Require(evidence::LicenseExpression(*expression) == expression,
                  "an expression stays what it is");
  }
  RequireAscii(evidence::PackageUrlOfFile(bytes));
  RequireAscii(evidence::PackageUrlOfImage(bytes, digest));
  fuzz::Require(evidence::VersionInUrl(bytes).size() <= bytes.size(),
                "a version is a part of the URL");
  return 0;
}
