// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "absl/strings/strip.h"
#include "cli/commands/commands.h"
#include "cli/registry_connection.h"
#include "cli/verify/image_check.h"
#include "cli/verify/report.h"
#include "common/base/status_macros.h"
#include "common/oci/platform.h"
#include "common/oci/reference.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

class Verify : public Command {
 public:
  explicit Verify(Arguments arguments) {
    arguments.Positional("REF", &reference_,
                         "The image, as HOST/PATH:TAG or HOST/PATH@DIGEST.");
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
    const ImageReport report = CheckImage(registry->images(), reference.path,
                                          reference.Identifier(), options);
    const std::string name = reference.ToString();
    context.PrintJsonOr(ReportJson(name, report),
                        ReportText(name, report, quick_));
    return report.ok() ? ExitStatus::kDone : ExitStatus::kFailed;
  }

 private:
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
