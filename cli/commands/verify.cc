// SPDX-License-Identifier: Apache-2.0
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/commands/commands.h"
#include "cli/registry_connection.h"
#include "cli/verify/image_check.h"
#include "cli/verify/report.h"
#include "cli/verify/signatures.h"
#include "common/base/status_macros.h"
#include "common/files/small_file.h"
#include "common/oci/platform.h"
#include "common/oci/reference.h"
#include "common/pki/keys.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

class Verify : public Command {
 public:
  explicit Verify(Arguments arguments) {
    arguments.Positional("REF", &reference_,
                         "The image, as HOST/PATH:TAG or HOST/PATH@DIGEST.");
    arguments.Option("--key", &key_, "FILE",
                     "A public key in PEM: the image, and all that is attested "
                     "of it, must be signed by it.");
    arguments.Flag("--quick", &quick_,
                   "Only ask whether the blobs are there, without reading "
                   "them.");
    arguments.Example(
        "ksoctl verify registry.example.com/team/kubespray-files:v1",
        "Read all of an image back from its registry.");
    arguments.Example(
        "ksoctl verify --quick 10.0.0.5:5000/kubespray-images:v1-all",
        "Ask only whether everything is there, for instance inside.");
    registry_.DeclareTo(arguments);
    arguments.Repeated("--platform", &platforms_, "PLATFORM",
                       "A platform that the image must have; again for "
                       "another. Default: linux/amd64 and linux/arm64.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    absl::string_view text = reference_;
    absl::ConsumePrefix(&text, "docker://");
    KSO_ASSIGN_OR_RETURN(const oci::Reference reference,
                         oci::Reference::Parse(std::string(text)));
    KSO_ASSIGN_OR_RETURN(const ImageCheckOptions options, Options(context));
    KSO_ASSIGN_OR_RETURN(
        const auto registry,
        RegistryConnection::Open({.host = reference.host,
                                  .arguments = registry_,
                                  .warnings = context.console.err},
                                 context.clock));
    ImageReport report = CheckImage(registry->images(), reference.path,
                                    reference.Identifier(), options);
    if (!key_.empty()) {
      KSO_RETURN_IF_ERROR(CheckSigned(registry->images(), reference, report));
    }
    const std::string name = reference.ToString();
    context.PrintJsonOr(ReportJson(name, report),
                        ReportText(name, report, quick_));
    return report.ok() ? ExitStatus::kDone : ExitStatus::kFailed;
  }

 private:
  // Adds to the report whether the image is signed by the key.
  absl::Status CheckSigned(oci::ImageStore& store,
                           const oci::Reference& reference,
                           ImageReport& report) const {
    KSO_ASSIGN_OR_RETURN(const std::string key,
                         ReadSmallFile(key_, pki::kLargestPem));
    const absl::StatusOr<std::vector<std::string>> attested =
        CheckSignatures(store,
                        {.name = reference.Name(),
                         .repository = reference.path,
                         .index = report.top},
                        key);
    if (absl::IsInvalidArgument(attested.status())) {
      return absl::InvalidArgumentError(
          absl::StrCat(key_, ": ", attested.status().message()));
    }
    if (!attested.ok()) {
      report.problems.push_back(std::string(attested.status().message()));
    } else {
      report.is_signed = true;
      report.attested = *attested;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<ImageCheckOptions> Options(const Context& context) const {
    ImageCheckOptions options;
    options.quick = quick_;
    for (const std::string& text : platforms_) {
      KSO_ASSIGN_OR_RETURN(options.platforms.emplace_back(),
                           oci::ParsePlatform(text));
    }
    if (platforms_.empty()) {
      for (const char* architecture : {"amd64", "arm64"}) {
        v1::Platform& platform = options.platforms.emplace_back();
        platform.set_os("linux");
        platform.set_architecture(architecture);
      }
    }
    if (context.console.err_is_terminal) {
      std::ostream* err = context.console.err;
      options.on_step = [err](const std::string& step) {
        *err << "reading " << step << std::endl;
      };
    }
    return options;
  }

  std::string key_;
  std::string reference_;
  std::vector<std::string> platforms_;
  bool quick_ = false;
  RegistryArguments registry_;
};

}  // namespace

std::unique_ptr<Command> CreateVerify(Arguments arguments) {
  return std::make_unique<Verify>(arguments);
}

}  // namespace kso::cli
