// requirement = [ ("PERM" | "TEMP") "+" ] ( "VERIFY" [":" bits] | "ENCR:" bits ) [ "+" ext *( "++"
// ext ) ] ext = "CN" [":" name] | "CS:" dn | "CI:" dn | "CITag:" tag Blanks may stand around every
// sign, words in any case.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "signet/base/text.h"
#include "signet/policy/tls.h"

namespace signet::policy {
namespace {

constexpr std::size_t kMostExtensions = 32;

// Takes `word` off the front when a sign, a blank or the end follows.
bool take_word(std::string_view& text, std::string_view word) {
  if (!istarts_with(text, word)) return false;
  const auto rest = text.substr(word.size());
  if (!rest.empty() && std::string_view(" \t+:").find(rest.front()) == std::string_view::npos) {
    return false;
  }
  text = trim(rest);
  return true;
}

bool take_sign(std::string_view& text, char sign) {
  if (!text.starts_with(sign)) return false;
  text = trim(text.substr(1));
  return true;
}

// One word; read like atoi: "128x" is 128, "abc" is 0. Empty: there is no word.
std::optional<int> take_bits(std::string_view& text) {
  const auto end = std::min(text.find_first_of(" \t+:.%@!^/[]()<>,;\\\""), text.size());
  if (end == 0) return std::nullopt;
  int bits = 0;
  const auto [last, failure] = std::from_chars(text.data(), text.data() + end, bits);
  if (failure == std::errc::result_out_of_range) {
    bits = text.front() == '-' ? 0 : std::numeric_limits<int>::max();
  }
  text = trim(text.substr(end));
  return std::max(bits, 0);
}

bool is_extension(std::string_view text) {
  if (iequals(text, "CN")) return true;
  constexpr std::array<std::string_view, 4> kWithArgument{"CN:", "CS:", "CI:", "CITag:"};
  return std::ranges::any_of(kWithArgument, [&](std::string_view start) {
    return istarts_with(text, start) && !trim(text.substr(start.size())).empty();
  });
}

// An unknown extension is ignored with all that follow it.
void take_extensions(std::string_view text, ParsedRequirement& parsed) {
  while (!text.empty()) {
    const auto end = text.find("++");
    const auto extension = trim(text.substr(0, end));
    if (!is_extension(extension) || parsed.requirement.extensions.size() == kMostExtensions) {
      parsed.understood = false;
      return;
    }
    parsed.requirement.extensions.emplace_back(extension);
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 2);
  }
}

}  // namespace

ParsedRequirement parse_tls_requirement(std::string_view text) {
  using Demand = TlsRequirement::Demand;
  const ParsedRequirement nothing{{}, false};
  ParsedRequirement parsed;
  auto& requirement = parsed.requirement;
  text = trim(text);
  const bool permanently = take_word(text, "PERM");
  if (permanently || take_word(text, "TEMP")) {
    using Code = TlsRequirement::Code;
    requirement.code = permanently ? Code::permanent : Code::temporary;
    if (!take_sign(text, '+')) return nothing;
  }
  if (take_word(text, "VERIFY")) {
    requirement.demand = Demand::verify;
  } else if (take_word(text, "ENCR") && text.starts_with(':')) {
    requirement.demand = Demand::encrypt;
  } else {
    return nothing;
  }
  if (take_sign(text, ':')) {
    const auto bits = take_bits(text);
    if (!bits) return nothing;
    requirement.bits = *bits;
  }
  if (text.empty()) return parsed;
  if (!take_sign(text, '+') || text.empty()) return nothing;
  take_extensions(text, parsed);
  return parsed;
}

}  // namespace signet::policy
