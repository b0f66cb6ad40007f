// SPDX-License-Identifier: Apache-2.0
// kso-destination: a registry in memory to push to, with the habits of those
// that people have.

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/upstream/destination_service.h"
#include "tests/upstream/http_origin.h"
#include "tests/upstream/program.h"

namespace kso::upstream {
namespace {

constexpr char kProgram[] = "kso-destination";

struct Flags {
  std::string host = "127.0.0.1";
  int port = 0;
  std::string ready_file;
  std::vector<std::string> repositories;
  std::map<Habit, std::vector<std::string>> habits;
};

void Describe(CLI::App& app, Flags& flags) {
  app.add_option("--listen", flags.host, "address to listen on")
      ->capture_default_str();
  app.add_option("--port", flags.port, "port; 0 takes any")
      ->capture_default_str();
  app.add_option("--ready-file", flags.ready_file,
                 "written once it answers: HOST:PORT");
  app.add_option("--repository", flags.repositories,
                 "a repository that was made first, for "
                 "--wants-repositories; repeatable");
  const auto add = [&](const char* name, Habit habit, const char* help) {
    app.add_option(name, flags.habits[habit], help);
  };
  add("--hides-absence", Habit::kHidesAbsence,
      "SUBSTRING=401|403: what is not there is forbidden, in repositories with "
      "that text in their names; repeatable, as all that follow");
  add("--silent-last-put", Habit::kSilentLastPut,
      "SUBSTRING=MILLISECONDS: be silent at the last PUT of a blob");
  add("--forgets-blobs", Habit::kForgetsBlobs,
      "SUBSTRING=TIMES: answer a manifest with 404 MANIFEST_BLOB_UNKNOWN");
  add("--forgets-uploads", Habit::kForgetsUploads,
      "SUBSTRING=TIMES: answer an upload with 400 BLOB_UPLOAD_INVALID");
  add("--bounds-bodies", Habit::kBoundsBodies,
      "SUBSTRING=BYTES: answer larger bodies with 413");
  add("--wants-large-chunks", Habit::kWantsLargeChunks,
      "SUBSTRING=BYTES: ask for chunks of so many bytes "
      "(OCI-Chunk-Min-Length), and take no smaller ones but the last");
  add("--tags-are-immutable", Habit::kTagsAreImmutable,
      "SUBSTRING=STATUS: answer a tag that is there with that status");
  add("--wants-repositories", Habit::kWantsRepositories,
      "SUBSTRING=1: have only the repositories that were made first");
  add("--head-missing", Habit::kHeadMissing,
      "SUBSTRING=1: answer HEAD of a manifest with 404 until somebody has "
      "asked GET");
  add("--realm-elsewhere", Habit::kRealmElsewhere,
      "SUBSTRING=1: want a token of a service on another port");
  add("--realm-is-no-text", Habit::kRealmIsNoText,
      "SUBSTRING=1: want a token of a service whose address is no text");
  add("--collects-untagged", Habit::kCollectsUntagged,
      "SUBSTRING=MILLISECONDS: forget manifests without a tag after that time");
  add("--fails", Habit::kFails,
      "SUBSTRING=STATUS: answer everything with that status and an endless "
      "Retry-After");
  add("--refuses-nested", Habit::kRefusesNested,
      "SUBSTRING=STATUS: answer everything with that status and 200000 "
      "brackets");
  add("--refuses-bytes", Habit::kRefusesBytes,
      "SUBSTRING=STATUS: answer everything with that status and bytes that are "
      "no text");
  add("--refuses-page", Habit::kRefusesPage,
      "SUBSTRING=STATUS: answer everything with that status and a web page");
  add("--uploads-inside", Habit::kUploadsInside,
      "SUBSTRING=PORT: want uploads at that port of 10.255.255.1");
  add("--counts-too-much", Habit::kCountsTooMuch,
      "SUBSTRING=BYTES: say of an upload under way that it has bytes up to "
      "that "
      "number");
  add("--lists-referrers", Habit::kListsReferrers,
      "SUBSTRING=ENTRIES: list what refers to an image, so many in a page");
}

absl::Status Run(const Flags& flags) {
  BlockStopSignals();
  HttpOrigin main;
  HttpOrigin tokens;
  const auto port = main.Bind(flags.host, flags.port);
  if (!port.ok()) return port.status();
  const auto token_port = tokens.Bind(flags.host, 0);
  if (!token_port.ok()) return token_port.status();
  DestinationService service(*token_port);
  for (const std::string& name : flags.repositories) {
    service.MakeRepository(name);
  }
  for (const auto& [habit, texts] : flags.habits) {
    for (const std::string& text : texts) {
      const size_t equals = text.rfind('=');
      uint64_t number = 0;
      if (equals == text.npos ||
          !absl::SimpleAtoi(text.substr(equals + 1), &number)) {
        return absl::InvalidArgumentError(
            absl::StrCat("habit \"", text, "\": expected SUBSTRING=NUMBER"));
      }
      service.Add(habit, text.substr(0, equals), number);
    }
  }
  main.Start([&service](const auto& request,
                        auto& response) { service.Serve(request, response); },
             /*any_method=*/true);
  tokens.Start([&service](const auto& request, auto& response) {
    service.ServeToken(request, response);
  });
  return ServeUntilStopped(kProgram, flags.ready_file,
                           absl::StrCat(flags.host, ":", *port));
}

}  // namespace
}  // namespace kso::upstream

int main(int argc, char** argv) {
  CLI::App app("A registry in memory to push to, with habits.");
  kso::upstream::Flags flags;
  kso::upstream::Describe(app, flags);
  return kso::upstream::RunProgram(kso::upstream::kProgram, app, argc, argv,
                                   [&] { return kso::upstream::Run(flags); });
}
