// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_CONTENT_UTF8_LOCALE_H_
#define KSO_COMMON_CONTENT_UTF8_LOCALE_H_

#include <locale.h>

namespace kso {

// Has the calling thread read and write text as UTF-8 for as long as this
// lives: libarchive takes the paths of an archive for text of the locale, and
// those of layers are UTF-8. Of a thread's locales, the last made goes first.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) before_ = uselocale(locale_);
  }
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    uselocale(before_);
    freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  const locale_t locale_;
  locale_t before_ = nullptr;
};

}  // namespace kso

#endif  // KSO_COMMON_CONTENT_UTF8_LOCALE_H_
