// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/commands/farm/farm_commands.h"
#include "cli/render/text.h"
#include "common/base/status_macros.h"
#include "common/bytes/hashing_sink.h"
#include "common/files/file_io.h"
#include "common/files/small_file.h"
#include "common/text/text.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

class Backup : public Command {
 public:
  explicit Backup(Arguments arguments) {
    arguments.Positional("FILE", &path_,
                         "The file to write, or a directory for a file that "
                         "is named after the time.");
    arguments.Example("ksoctl backup /srv/backup",
                      "Save the coordinator's state while the farm works.");
    arguments.Example(
        "ksoctl backup farm.tar",
        "To restore: unpack it into an empty --state-dir, with tar -xf.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    const fs::path file = FileOf(context.clock->Now());
    std::error_code error;
    if (fs::exists(file, error)) {
      return absl::AlreadyExistsError(
          absl::StrCat(file.string(), " is there; name another file"));
    }
    if (file.has_parent_path() &&
        !fs::is_directory(file.parent_path(), error)) {
      return absl::NotFoundError(absl::StrCat(file.parent_path().string(),
                                              ": there is no such directory"));
    }
    KSO_ASSIGN_OR_RETURN(const v1::BackupTrailer trailer,
                         Write(*context.coordinator, file));
    Print(context, file, trailer);
    return ExitStatus::kDone;
  }

 private:
  fs::path FileOf(absl::Time now) const {
    std::error_code error;
    const fs::path path = path_;
    if (!fs::is_directory(path, error)) return path;
    return path / absl::FormatTime("kso-backup-%Y%m%d-%H%M%S.tar", now,
                                   absl::UTCTimeZone());
  }

  // The file has its name only when all of it is there and right.
  static absl::StatusOr<v1::BackupTrailer> Write(CoordinatorClient& coordinator,
                                                 const fs::path& file) {
    const fs::path partial = absl::StrCat(file.string(), ".partial");
    std::error_code error;
    fs::remove(partial, error);
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<FileWriter> writer,
                         FileWriter::CreateNew(partial, kSecretFileMode));
    absl::Cleanup remove = [&partial] {
      std::error_code ignored;
      fs::remove(partial, ignored);
    };
    HashingSink hashed(writer.get());
    KSO_ASSIGN_OR_RETURN(const v1::BackupTrailer trailer,
                         coordinator.CreateBackup(hashed));
    const WrittenBlob written = hashed.Finish();
    if (written.size != trailer.size() ||
        written.digest.ToString() != trailer.digest()) {
      return absl::DataLossError(
          "the backup did not come as it was sent; make it again");
    }
    KSO_RETURN_IF_ERROR(writer->SyncAndClose());
    KSO_RETURN_IF_ERROR(RenameAndSync(partial, file));
    std::move(remove).Cancel();
    return trailer;
  }

  static void Print(Context& context, const fs::path& file,
                    const v1::BackupTrailer& trailer) {
    const nlohmann::ordered_json json = {{"file", file.string()},
                                         {"bytes", trailer.size()},
                                         {"digest", trailer.digest()},
                                         {"records", trailer.records()},
                                         {"coordinator", trailer.version()}};
    context.PrintJsonOr(
        json,
        absl::StrCat("The state of the coordinator at ", context.address,
                     " is in ", Printable(file.string()), ": ",
                     FormatBytes(trailer.size()), ", ",
                     Count(trailer.records(), "record"), " of kso-coordinator ",
                     Printable(trailer.version()),
                     ".\nTo restore it, unpack it as the coordinator's user "
                     "into an empty directory,\n  tar -C STATE_DIR -xf ",
                     Printable(file.string()),
                     "\nand start kso-coordinator with that --state-dir.\n"));
  }

  std::string path_;
};

}  // namespace

std::unique_ptr<Command> CreateBackup(Arguments arguments) {
  return std::make_unique<Backup>(arguments);
}

}  // namespace kso::cli
