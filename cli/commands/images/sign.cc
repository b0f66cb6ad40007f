// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "cli/commands/images/image_commands.h"
#include "cli/registry_connection.h"
#include "cli/verify/signatures.h"
#include "common/base/status_macros.h"
#include "common/oci/reference.h"
#include "common/pki/signer.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

// Names an environment variable, so that a pass phrase is in no process list.
constexpr char kPassphraseVariable[] = "KSO_SIGNING_PASSPHRASE";

class Sign : public Command {
 public:
  explicit Sign(Arguments arguments) {
    arguments.Positional("REF", &reference_,
                         "The image, as HOST/PATH:TAG or HOST/PATH@DIGEST.");
    arguments.Option(
        "--key", &key_, "FILE|URI",
        absl::StrCat("The private key: a file of PEM, or a URI that an OpenSSL "
                     "provider knows, such as pkcs11:token=farm. Its pass "
                     "phrase is taken from $",
                     kPassphraseVariable, "."));
    arguments.Option(
        "--command", &command_, "PROGRAM",
        "A program that signs instead: it is given a file, and prints the "
        "signature in base64.");
    arguments.Flag("--replace", &replace_,
                   "Put the signature in the place of those that the image "
                   "has.");
    registry_.DeclareTo(arguments);
    arguments.Example(
        "ksoctl sign --key cosign.key registry.example.com/team/"
        "kubespray-files:v1",
        "Sign an image, its bill of materials and its provenance.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    absl::string_view text = reference_;
    absl::ConsumePrefix(&text, "docker://");
    KSO_ASSIGN_OR_RETURN(const oci::Reference reference,
                         oci::Reference::Parse(std::string(text)));
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<pki::Signer> signer, Open());
    KSO_ASSIGN_OR_RETURN(
        const auto registry,
        RegistryConnection::Open({.host = reference.host,
                                  .pushes = true,
                                  .arguments = registry_,
                                  .warnings = context.console.err},
                                 context.clock));
    const absl::StatusOr<SignedImage> image =
        FindSignedImage(registry->images(), reference);
    if (!image.ok()) return NotTheCoordinator(image.status());
    const absl::StatusOr<Signed> done =
        SignInRegistry(registry->images(), *image, *signer, replace_);
    if (!done.ok()) return NotTheCoordinator(done.status());
    Print(context, *image, *done);
    return ExitStatus::kDone;
  }

 private:
  absl::StatusOr<std::unique_ptr<pki::Signer>> Open() const {
    if (key_.empty() == command_.empty()) {
      return absl::InvalidArgumentError(
          "say what to sign with: either --key or --command");
    }
    if (!command_.empty()) return pki::CreateCommandSigner(command_);
    const char* passphrase = std::getenv(kPassphraseVariable);
    return pki::CreateKeySigner(key_, passphrase == nullptr ? "" : passphrase);
  }

  static void Print(Context& context, const SignedImage& image,
                    const Signed& done) {
    const nlohmann::ordered_json json = {
        {"image", image.name},
        {"digest", image.index.digest()},
        {"signatureTag", done.signature_tag},
        {"attestationTag", done.attestation_tag},
        {"predicates", done.predicates}};
    context.PrintJsonOr(
        json, absl::StrCat(
                  "Signed ", image.name, "@", image.index.digest(), "\n",
                  done.predicates.empty()
                      ? "There is no evidence beside it to attest.\n"
                      : absl::StrCat(
                            "Attested: ", absl::StrJoin(done.predicates, ", "),
                            "\n")));
  }

  std::string reference_;
  std::string key_;
  std::string command_;
  bool replace_ = false;
  RegistryArguments registry_;
};

}  // namespace

std::unique_ptr<Command> CreateSign(Arguments arguments) {
  return std::make_unique<Sign>(arguments);
}

}  // namespace kso::cli
