// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands/images/image_commands.h"
#include "cli/registry_connection.h"
#include "cli/render/text.h"
#include "cli/verify/image_check.h"
#include "cli/verify/image_source.h"
#include "cli/verify/named_sources.h"
#include "cli/verify/report.h"
#include "cli/verify/run_check.h"
#include "cli/verify/signatures.h"
#include "cli/verify/static_check.h"
#include "cli/verify/tagged_store.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/small_file.h"
#include "common/oci/platform.h"
#include "common/oci/reference.h"
#include "common/pki/keys.h"
#include "common/pki/signer.h"
#include "nlohmann/json.hpp"
#include "worker/local/image_runner.h"

namespace kso::cli {
namespace {

constexpr char kStatic[] = "static";
constexpr char kServe[] = "serve";
constexpr char kExec[] = "exec";

// An image in a registry.
class RegistrySource : public ImageSource {
 public:
  RegistrySource(std::unique_ptr<RegistryConnection> registry,
                 const oci::Reference& reference)
      : registry_(std::move(registry)),
        images_({{.name = reference.ToString(),
                  .tag = reference.tag,
                  .repository = reference.path,
                  .identifier = reference.Identifier()}}) {}

  oci::ImageStore& store() override { return registry_->images(); }
  const std::vector<NamedImage>& images() const override { return images_; }
  const std::vector<NamedImage>& evidence() const override { return none_; }

 private:
  const std::unique_ptr<RegistryConnection> registry_;
  const std::vector<NamedImage> images_;
  const std::vector<NamedImage> none_;
};

class Verify : public Command {
 public:
  explicit Verify(Arguments arguments) {
    arguments.Positionals(
        "REF|ARCHIVE|DIR...", &words_,
        "Images as HOST/PATH:TAG or HOST/PATH@DIGEST; OCI archives, or all "
        "parts of one; directories with an OCI image layout. Name both images "
        "of a release to have them compared with each other.");
    arguments.Choice("--level", &level_, {kStatic, kServe, kExec},
                     "static: documents, digests, hashes, architectures, and "
                     "whether everything that Kubespray asks for is there. "
                     "serve: run the images too, and ask them for everything. "
                     "exec: have each program answer --version, too. Default: "
                     "serve where this machine can run images, else static.");
    arguments.Option("--work-dir", &work_directory_, "DIR",
                     "Where images are unpacked to be run. Default: "
                     "$TMPDIR, else /var/tmp.");
    arguments.Option("--key", &key_, "FILE",
                     "A public key in PEM: each image, and all that is "
                     "attested of it, must be signed by it.");
    arguments.Flag("--quick", &quick_,
                   "Only ask whether the blobs are there, without reading "
                   "them.");
    arguments.Example(
        "ksoctl verify r.example/kubespray-files:v1 "
        "r.example/kubespray-images:v1-all",
        "Read all of a release back from its registry, and run it if this "
        "machine can.");
    arguments.Example(
        "ksoctl verify --level static release.tar.000 "
        "release.tar.001",
        "Check an archive before it is loaded, running nothing.");
    arguments.Example("ksoctl verify --level exec layout/",
                      "Run the images in a directory, and each program that "
                      "they serve.");
    arguments.Example(
        "ksoctl verify --quick 10.0.0.5:5000/kubespray-images:v1-all",
        "Ask only whether everything is there, for instance inside.");
    registry_.DeclareTo(arguments);
    arguments.Repeated("--platform", &platforms_, "PLATFORM",
                       "A platform that the image must have; again for "
                       "another. Default: linux/amd64 and linux/arm64.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    if (quick_ && !level_.empty()) {
      return absl::InvalidArgumentError(
          "--quick reads nothing that --level could judge: give one of them");
    }
    KSO_ASSIGN_OR_RETURN(const NamedSources named, SortSources(words_));
    KSO_ASSIGN_OR_RETURN(const ImageCheckOptions options, Options(context));
    KSO_ASSIGN_OR_RETURN(const std::string key, ReadKey());
    KSO_RETURN_IF_ERROR(Open(context, named));

    VerificationSummary summary;
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<worker::ImageRunner> runner,
                         CreateRunner(context, summary));
    std::vector<ImageSource*> sources;
    for (const auto& source : sources_) sources.push_back(source.get());
    std::vector<CheckedImage> images = CheckStatically(sources, options);
    if (!key.empty()) CheckSigned(key, images);
    if (runner != nullptr) {
      RunImages(
          *runner,
          {.programs = summary.level == kExec, .on_step = options.on_step},
          images);
    }
    for (const CheckedImage& image : images) {
      summary.images.push_back({image.image.name, &image.report});
    }
    if (!level_.empty() && level_ != kStatic && summary.ok()) {
      KSO_RETURN_IF_ERROR(SomethingRan(images));
    }
    context.PrintJsonOr(VerificationJson(summary), VerificationText(summary));
    return summary.ok() ? ExitStatus::kDone : ExitStatus::kFailed;
  }

 private:
  // Null where nothing is to be run; `summary` gets the level, and the reason
  // where it would have been run by default and cannot be.
  absl::StatusOr<std::unique_ptr<worker::ImageRunner>> CreateRunner(
      const Context& context, VerificationSummary& summary) const {
    summary.level = quick_ ? "quick" : kStatic;
    if (quick_ || level_ == kStatic) return nullptr;
    auto runner = worker::ImageRunner::Create(WorkDirectory(), context.clock);
    if (runner.ok()) {
      summary.level = level_.empty() ? kServe : level_;
      return runner;
    }
    const std::string_view reason = ToStd(runner.status().message());
    if (!level_.empty()) {
      return absl::FailedPreconditionError(Concat(
          "--level ", level_, ": this machine cannot run images: ", reason));
    }
    summary.not_run = std::string(reason);
    return nullptr;
  }

  // A level that was asked for was not reached where nothing ran at all.
  absl::Status SomethingRan(const std::vector<CheckedImage>& images) const {
    std::string reason = "none of them is of kso's making";
    for (const CheckedImage& image : images) {
      for (const PlatformReport& platform : image.report.platforms) {
        if (platform.run.has_value()) return absl::OkStatus();
        if (!platform.not_run.empty()) reason = platform.not_run;
      }
    }
    return absl::FailedPreconditionError(Concat(
        "--level ", level_, ": none of these images runs here: ", reason));
  }

  // Images need more room than /tmp has, where that is memory (hier(7)).
  std::string WorkDirectory() const {
    if (!work_directory_.empty()) return work_directory_;
    const char* directory = std::getenv("TMPDIR");
    return directory == nullptr ? "/var/tmp" : directory;
  }

  // Those in registries come first.
  absl::Status Open(const Context& context, const NamedSources& named) {
    for (const oci::Reference& reference : named.references) {
      KSO_ASSIGN_OR_RETURN(
          std::unique_ptr<RegistryConnection> registry,
          RegistryConnection::Open({.host = reference.host,
                                    .arguments = registry_,
                                    .warnings = context.console.err},
                                   context.clock));
      sources_.push_back(
          std::make_unique<RegistrySource>(std::move(registry), reference));
    }
    for (const auto& files : named.archives) {
      KSO_ASSIGN_OR_RETURN(sources_.emplace_back(), OpenArchiveSource(files));
    }
    for (const std::filesystem::path& directory : named.directories) {
      KSO_ASSIGN_OR_RETURN(sources_.emplace_back(),
                           OpenLayoutSource(directory));
    }
    return absl::OkStatus();
  }

  // The public key, which is looked at before anything is read that takes
  // minutes; empty where none is given.
  absl::StatusOr<std::string> ReadKey() const {
    if (key_.empty()) return std::string();
    KSO_ASSIGN_OR_RETURN(std::string key,
                         ReadSmallFile(key_, pki::kLargestPem));
    const absl::Status usable = pki::PublicKeyName(key).status();
    if (usable.ok()) return key;
    return absl::InvalidArgumentError(
        Concat(key_, ": ", ToStd(usable.message())));
  }

  // Adds to the reports whether the images are signed by the key.
  void CheckSigned(const std::string& key,
                   std::vector<CheckedImage>& images) const {
    std::map<const oci::ImageStore*, std::unique_ptr<oci::ImageStore>> tagged;
    for (const auto& source : sources_) {
      tagged.emplace(&source->store(), CreateTaggedStore(*source));
    }
    for (CheckedImage& image : images) {
      const absl::StatusOr<std::vector<std::string>> attested =
          CheckSignatures(*tagged.at(image.store),
                          {.name = image.image.name,
                           .repository = image.image.repository,
                           .index = image.report.top},
                          key);
      if (!attested.ok()) {
        image.report.problems.push_back(
            std::string(attested.status().message()));
        continue;
      }
      image.report.is_signed = true;
      image.report.attested = *attested;
    }
  }

  absl::StatusOr<ImageCheckOptions> Options(const Context& context) const {
    ImageCheckOptions options;
    options.quick = quick_;
    options.look_inside = !quick_;
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
        *err << Printable(step) << std::endl;
      };
    }
    return options;
  }

  std::string key_;
  std::vector<std::string> words_;
  std::string level_;
  std::string work_directory_;
  std::vector<std::string> platforms_;
  bool quick_ = false;
  RegistryArguments registry_;
  std::vector<std::unique_ptr<ImageSource>> sources_;
};

}  // namespace

std::unique_ptr<Command> CreateVerify(Arguments arguments) {
  return std::make_unique<Verify>(arguments);
}

}  // namespace kso::cli
