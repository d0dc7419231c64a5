#include "signet/conf/macros.h"

#include <algorithm>

#include "signet/base/text.h"

namespace signet::conf {
namespace {

constexpr int kDeepest = 16;
// Of one text: macros that name themselves twice would grow without end. Past it nothing is
// expanded.
constexpr int kMostMacros = 1000;

class Expander final {
 public:
  explicit Expander(const MacroLookup& lookup) : lookup_(lookup) {}

  std::string expand(std::string_view text, int depth) {
    std::string out;
    run(text, out, depth, true);
    return out;
  }

 private:
  // Works through `text` up to a "$|" or "$." of its own level, or the end. `live`: false in a
  // branch that is not taken. Gives what ended it: '|', '.' or 0.
  char run(std::string_view& text, std::string& out, int depth, bool live) {
    while (!text.empty()) {
      if (text.front() != '$' || text.size() == 1) {
        if (live) out += text.front();
        text.remove_prefix(1);
        continue;
      }
      const char next = text[1];
      if (next == '$') {
        if (live) out += '$';
        text.remove_prefix(2);
      } else if (next == '|' || next == '.') {
        text.remove_prefix(2);
        return next;
      } else if (next == '?') {
        text.remove_prefix(2);
        const bool taken = !value(take_macro_name(text)).empty();
        if (left_ <= 0) continue;
        if (run(text, out, depth, live && taken) == '|') run(text, out, depth, live && !taken);
      } else {
        text.remove_prefix(1);
        const std::string found = value(take_macro_name(text));
        if (live && depth < kDeepest) out += expand(found, depth + 1);
      }
    }
    return 0;
  }

  std::string value(std::string_view name) {
    if (left_ <= 0) return {};
    --left_;
    return lookup_(name).value_or(std::string());
  }

  const MacroLookup& lookup_;
  int left_ = kMostMacros;
};

}  // namespace

std::string expand(std::string_view text, const MacroLookup& lookup) {
  return Expander(lookup).expand(text, 0);
}

std::string literal(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '$' ? 2 : 1, c);
  return out;
}

}  // namespace signet::conf
