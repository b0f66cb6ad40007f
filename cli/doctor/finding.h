// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_DOCTOR_FINDING_H_
#define KSO_CLI_DOCTOR_FINDING_H_

#include <string>
#include <utility>

namespace kso::cli {

// A finding of a check.
struct Finding {
  enum class Level {
    kGood,
    // Something works, and may not for long, or not as well as it could.
    kWarning,
    // A build would fail, or not begin.
    kBroken,
  };
  Level level = Level::kGood;
  // The thing that was looked at: "disk of /home/me".
  std::string subject;
  // Its state.
  std::string text;
  // How to mend it; empty where there is nothing to mend.
  std::string mend = {};
};

inline Finding Good(std::string subject, std::string text) {
  return {Finding::Level::kGood, std::move(subject), std::move(text)};
}
inline Finding Warning(std::string subject, std::string text,
                       std::string mend) {
  return {Finding::Level::kWarning, std::move(subject), std::move(text),
          std::move(mend)};
}
inline Finding Broken(std::string subject, std::string text, std::string mend) {
  return {Finding::Level::kBroken, std::move(subject), std::move(text),
          std::move(mend)};
}

}  // namespace kso::cli

#endif  // KSO_CLI_DOCTOR_FINDING_H_
