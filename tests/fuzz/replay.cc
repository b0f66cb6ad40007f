// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over the files of its corpus, then over inputs made of
// them: the part of libFuzzer that needs no help of a compiler. The same
// arguments give the same inputs.
//
//   NAME_test [--runs=N] [--seed=N] FILE|DIRECTORY...
//
// The input that ends the process is kept in the file "crash".

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/upstream/random.h"

// libFuzzer gave this name (https://llvm.org/docs/LibFuzzer.html).
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestInput = 8192;

std::vector<std::string> ReadCorpus(const std::vector<std::string>& arguments) {
  std::vector<std::string> inputs;
  const auto add = [&inputs](const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file),
                        std::istreambuf_iterator<char>());
  };
  for (const std::string& argument : arguments) {
    if (!fs::is_directory(argument)) {
      add(argument);
      continue;
    }
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(argument)) {
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) add(file);
  }
  return inputs;
}

// Makes an input of others, as a fuzzer does: changes bytes, takes some away,
// repeats some, and joins two.
class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, uint64_t seed)
      : corpus_(corpus), random_(seed) {}

  std::string Next() {
    std::string input = Some();
    const uint64_t changes = random_.Between(1, 8);
    for (uint64_t i = 0; i < changes; ++i) Change(input);
    input.resize(std::min(input.size(), kLongestInput));
    return input;
  }

 private:
  const std::string& Some() {
    return corpus_[random_.Between(0, corpus_.size() - 1)];
  }
  size_t Place(const std::string& input) {
    return random_.Between(0, input.size());
  }
  char AnyByte() { return static_cast<char>(random_.Next()); }

  void Change(std::string& input) {
    const size_t at = Place(input);
    switch (random_.Between(0, 5)) {
      case 0:
        if (at < input.size()) input[at] = AnyByte();
        return;
      case 1:
        if (at < input.size()) input[at] ^= static_cast<char>(1 << (at % 8));
        return;
      case 2:
        input.insert(at, random_.Between(1, 16), AnyByte());
        return;
      case 3:
        input.erase(at, random_.Between(1, 32));
        return;
      case 4:
        input.insert(at, input.substr(Place(input), random_.Between(1, 64)));
        return;
      default: {
        const std::string& other = Some();
        input = input.substr(0, at) + other.substr(Place(other));
        return;
      }
    }
  }

  const std::vector<std::string>& corpus_;
  kso::upstream::Random random_;
};

// The input that is being run, and the file that it is kept in when it ends the
// process.
const std::string* running = nullptr;
std::string kept_in;

void KeepInput(int signal) {
  const int file = open(kept_in.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file >= 0 && running != nullptr) {
    if (write(file, running->data(), running->size()) >= 0) close(file);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void KeepInputOfCrash() {
  const char* directory = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  kept_in = std::string(directory == nullptr ? "." : directory) + "/crash";
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS}) {
    std::signal(signal, KeepInput);
  }
}

void Run(const std::string& input) {
  running = &input;
  // In memory of exactly its size, so that a sanitizer sees what reads past it.
  const std::vector<uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t runs = 0;
  uint64_t seed = 1;
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--runs=")) {
      runs = std::strtoull(argv[i] + 7, nullptr, 10);
    } else if (argument.starts_with("--seed=")) {
      seed = std::strtoull(argv[i] + 7, nullptr, 10);
    } else {
      arguments.emplace_back(argument);
    }
  }
  KeepInputOfCrash();
  const std::vector<std::string> corpus = ReadCorpus(arguments);
  if (corpus.empty()) {
    std::fprintf(stderr, "the corpus is empty\n");
    return EXIT_FAILURE;
  }
  for (const std::string& input : corpus) Run(input);
  Mutator mutator(corpus, seed);
  for (uint64_t i = 0; i < runs; ++i) {
    const std::string input = mutator.Next();
    Run(input);
  }
  std::printf("%zu inputs of the corpus, and %llu made of them\n",
              corpus.size(), static_cast<unsigned long long>(runs));
  return EXIT_SUCCESS;
}
