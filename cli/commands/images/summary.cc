// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands/images/image_commands.h"
#include "cli/registry_connection.h"
#include "cli/verify/image_source.h"
#include "cli/verify/named_sources.h"
#include "cli/verify/signatures.h"
#include "cli/verify/tagged_store.h"
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
    arguments.Positionals(
        "REF|ARCHIVE|DIR", &words_,
        "An image as HOST/PATH:TAG or HOST/PATH@DIGEST; an OCI archive, or all "
        "its parts; a directory with an OCI image layout.");
    arguments.Option("--key", &key_, "FILE",
                     "A public key in PEM: the summary is read only if it, and "
                     "the image, are signed by it.");
    arguments.Example(
        "ksoctl summary registry.example.com/team/kubespray-files:v1",
        "What the release brings inside, and what is new in it.");
    arguments.Example("ksoctl summary --key release.pub release.tar",
                      "The same of an archive, if it is signed.");
    registry_.DeclareTo(arguments);
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const NamedSources named, SortSources(words_));
    if (named.references.size() + named.archives.size() +
            named.directories.size() !=
        1) {
      return absl::InvalidArgumentError(
          "name one image, one archive with all its parts, or one directory");
    }
    if (!named.references.empty()) {
      return OfRegistry(context, named.references[0]);
    }
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ImageSource> source,
                         named.archives.empty()
                             ? OpenLayoutSource(named.directories[0])
                             : OpenArchiveSource(named.archives[0]));
    return OfSource(context, *source);
  }

 private:
  absl::StatusOr<ExitStatus> OfRegistry(Context& context,
                                        const oci::Reference& reference) const {
    KSO_ASSIGN_OR_RETURN(
        const auto registry,
        RegistryConnection::Open({.host = reference.host,
                                  .arguments = registry_,
                                  .warnings = context.console.err},
                                 context.clock));
    const absl::StatusOr<SignedImage> image =
        FindSignedImage(registry->images(), reference);
    if (!image.ok()) return NotTheCoordinator(image.status());
    const absl::StatusOr<std::string> summary =
        Read(registry->images(), *image);
    if (!summary.ok()) {
      return NotTheCoordinator(
          Prefixed(summary.status(), absl::StrCat(reference.ToString(), ": ")));
    }
    return Print(context, *image, *summary);
  }

  // That of the first image that has one: it is the same beside all images of a
  // release.
  absl::StatusOr<ExitStatus> OfSource(Context& context,
                                      ImageSource& source) const {
    const std::unique_ptr<oci::ImageStore> store = CreateTaggedStore(source);
    absl::Status none = absl::NotFoundError("there is no image in it");
    for (const NamedImage& named : source.images()) {
      SignedImage image;
      image.name = named.name;
      image.repository = named.repository;
      KSO_ASSIGN_OR_RETURN(
          image.index, store->HeadManifest(named.repository, named.identifier));
      const absl::StatusOr<std::string> summary = Read(*store, image);
      if (summary.ok()) return Print(context, image, *summary);
      none = Prefixed(summary.status(), absl::StrCat(named.name, ": "));
      if (!absl::IsNotFound(none)) break;
    }
    return none;
  }

  absl::StatusOr<ExitStatus> Print(Context& context, const SignedImage& image,
                                   const std::string& summary) const {
    context.PrintJsonOr({{"image", image.name},
                         {"digest", image.index.digest()},
                         {"signed", !key_.empty()},
                         {"summary", summary}},
                        PrintableLines(summary, kLongestSummary));
    return ExitStatus::kDone;
  }

  absl::StatusOr<std::string> Read(oci::ImageStore& store,
                                   const SignedImage& image) const {
    if (key_.empty()) return ReadSummary(store, image);
    KSO_ASSIGN_OR_RETURN(const std::string key,
                         ReadSmallFile(key_, pki::kLargestPem));
    return ReadAttestedSummary(store, image, key);
  }

  std::vector<std::string> words_;
  std::string key_;
  RegistryArguments registry_;
};

}  // namespace

std::unique_ptr<Command> CreateSummary(Arguments arguments) {
  return std::make_unique<Summary>(arguments);
}

}  // namespace kso::cli
