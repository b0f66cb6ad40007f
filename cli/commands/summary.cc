// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/commands/commands.h"
#include "cli/registry_connection.h"
#include "cli/verify/signatures.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/files/small_file.h"
#include "common/oci/reference.h"
#include "common/pki/keys.h"
#include "common/text/printable_text.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

// A release of 10,000 items that are all new has a summary of some MiB.
constexpr size_t kLongestSummary = size_t{32} << 20;

class Summary : public Command {
 public:
  explicit Summary(Arguments arguments) {
    arguments.Positional("REF", &reference_,
                         "The image, as HOST/PATH:TAG or HOST/PATH@DIGEST.");
    arguments.Option("--key", &key_, "FILE",
                     "A public key in PEM: the summary is read only if it, and "
                     "the image, are signed by it.");
    arguments.Example(
        "ksoctl summary registry.example.com/team/kubespray-files:v1",
        "What the release brings inside, and what is new in it.");
    registry_.DeclareTo(arguments);
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    absl::string_view text = reference_;
    absl::ConsumePrefix(&text, "docker://");
    KSO_ASSIGN_OR_RETURN(const oci::Reference reference,
                         oci::Reference::Parse(std::string(text)));
    KSO_ASSIGN_OR_RETURN(
        const auto registry,
        RegistryConnection::Open({.host = reference.host,
                                  .arguments = registry_,
                                  .warnings = context.console.err},
                                 context.clock));
    SignedImage image;
    image.name = reference.Name();
    image.repository = reference.path;
    absl::StatusOr<v1::Descriptor> top =
        registry->images().HeadManifest(reference.path, reference.Identifier());
    if (!top.ok()) return NotTheCoordinator(top.status());
    image.index = *std::move(top);
    const absl::StatusOr<std::string> summary = Read(registry->images(), image);
    if (!summary.ok()) {
      return NotTheCoordinator(
          Prefixed(summary.status(), absl::StrCat(reference.ToString(), ": ")));
    }
    context.PrintJsonOr({{"image", image.name},
                         {"digest", image.index.digest()},
                         {"signed", !key_.empty()},
                         {"summary", *summary}},
                        PrintableLines(*summary, kLongestSummary));
    return ExitStatus::kDone;
  }

 private:
  absl::StatusOr<std::string> Read(oci::ImageStore& store,
                                   const SignedImage& image) const {
    if (key_.empty()) return ReadSummary(store, image);
    KSO_ASSIGN_OR_RETURN(const std::string key,
                         ReadSmallFile(key_, pki::kLargestPem));
    return ReadAttestedSummary(store, image, key);
  }

  std::string reference_;
  std::string key_;
  RegistryArguments registry_;
};

}  // namespace

std::unique_ptr<Command> CreateSummary(Arguments arguments) {
  return std::make_unique<Summary>(arguments);
}

}  // namespace kso::cli
