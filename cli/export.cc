#include <filesystem>

#include "absl/strings/str_cat.h"
#include "cli/bring_home.h"
#include "cli/commands.h"
#include "cli/ending.h"
#include "cli/render/build_text.h"
#include "cli/render/text.h"
#include "common/base/status_macros.h"
#include "common/oci/destination.h"

namespace kso::cli {
namespace {

class Export : public Command {
 public:
  explicit Export(Arguments arguments) {
    arguments.Positional("BUILD", &build_,
                         "A finished build's id, the beginning of one, or a "
                         "release's name for its newest build.");
    arguments.Option("-o,--to", &to_, "oci:DIR|oci-archive:FILE",
                     "Where to; as the release says when left out.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    v1::Destination destination;
    if (!to_.empty()) {
      KSO_ASSIGN_OR_RETURN(destination, oci::ParseDestination(to_));
      if (destination.kind() == v1::Destination::REGISTRY) {
        return absl::InvalidArgumentError(
            "export writes to this machine; use oci:DIR or oci-archive:FILE");
      }
      std::error_code error;
      const auto absolute =
          std::filesystem::absolute(destination.location(), error);
      if (!error) destination.set_location(absolute.string());
    }
    KSO_ASSIGN_OR_RETURN(v1::Build build,
                         context.coordinator->GetBuild(build_));
    KSO_RETURN_IF_ERROR(CheckExportable(build));
    if (to_.empty()) destination = build.destination();
    KSO_RETURN_IF_ERROR(BringHome(context, build, destination));
    *build.mutable_destination() = destination;
    context.Print(
        build,
        absl::StrCat(ResultText(build), "The images are in ",
                     Printable(oci::FormatDestination(destination)), "\n"));
    return ExitStatus::kDone;
  }

 private:
  static absl::Status CheckExportable(const v1::Build& build) {
    if (build.plan_only() || build.state() != v1::Build::SUCCEEDED) {
      return absl::FailedPreconditionError(
          absl::StrCat("build ", build.build_id(), " has no images: it is ",
                       build.plan_only() ? absl::string_view("a plan")
                                         : StateName(build.state()),
                       "; see `ksoctl status ", build.build_id(), "`"));
    }
    if (!IsForThisMachine(build)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the images of build ", build.build_id(), " are in a registry, at ",
          build.destination().location(),
          "; copy them from there, with skopeo for example"));
    }
    return absl::OkStatus();
  }

  std::string build_;
  std::string to_;
};

}  // namespace

std::unique_ptr<Command> CreateExport(Arguments arguments) {
  return std::make_unique<Export>(arguments);
}

}  // namespace kso::cli
