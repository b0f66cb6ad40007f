// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <ostream>
#include <string>
#include <utility>

#include "cli/commands/program/program_commands.h"
#include "cli/man_page.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/files/file_io.h"
#include "common/files/small_file.h"

namespace kso::cli {
namespace {

constexpr int kMode = 0644;

class Manual : public Command {
 public:
  Manual(Arguments arguments, Arguments root, std::string footer)
      : root_(root), footer_(std::move(footer)) {
    arguments.Positional("DIR", &directory_,
                         "Where the pages go; it is made if need be.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_RETURN_IF_ERROR(MakeDirectories(directory_));
    for (const ManPage& page :
         ManPages(root_.Shape(), footer_, std::string(kVersion))) {
      const std::filesystem::path path =
          std::filesystem::path(directory_) / page.file;
      KSO_RETURN_IF_ERROR(ReplaceSmallFile(path, page.text, kMode));
      *context.console.out << path.string() << "\n";
    }
    context.console.out->flush();
    return ExitStatus::kDone;
  }

 private:
  Arguments root_;
  const std::string footer_;
  std::string directory_;
};

}  // namespace

std::unique_ptr<Command> CreateManual(Arguments arguments, Arguments root,
                                      const std::string& footer) {
  return std::make_unique<Manual>(arguments, root, footer);
}

}  // namespace kso::cli
