#include "conf/header_lines.h"

#include <algorithm>
#include <array>

#include "signet/base/text.h"

namespace signet::conf {
namespace {

constexpr std::array kUsual = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"received",
     "$?sfrom $s $.$?_($?s$|from $.$_) $.$?{auth_type}(authenticated$?{auth_ssf} "
     "bits=${auth_ssf}$.) $.by $j ($v/$Z)$?r with $r$. id $i$?{tls_version} "
     "(version=${tls_version} cipher=${cipher} bits=${cipher_bits} verify=${verify})$.$?u for $u; "
     "$|; $.$b"},
    {"from", "$?x$x <$g>$|$g$."},
    {"message-id", "<$t.$i@$j>"},
});

// What src/daemon/header_forms.cc and names.cc fill in. $x, a full name, is always empty.
constexpr std::array kMacros = std::to_array<std::string_view>({"s",
                                                                "_",
                                                                "a",
                                                                "b",
                                                                "t",
                                                                "i",
                                                                "r",
                                                                "f",
                                                                "g",
                                                                "u",
                                                                "x",
                                                                "j",
                                                                "w",
                                                                "m",
                                                                "v",
                                                                "Z",
                                                                "n",
                                                                "client_name",
                                                                "client_addr",
                                                                "client_ptr",
                                                                "client_port",
                                                                "client_resolve",
                                                                "daemon_name",
                                                                "tls_version",
                                                                "cipher",
                                                                "cipher_bits",
                                                                "alg_bits",
                                                                "verify",
                                                                "cn_subject",
                                                                "cn_issuer",
                                                                "cert_subject",
                                                                "cert_issuer",
                                                                "cert_md5",
                                                                "cert_fp",
                                                                "auth_type",
                                                                "auth_authen",
                                                                "auth_author",
                                                                "auth_ssf",
                                                                "mail_addr",
                                                                "msg_size",
                                                                "nrcpts"});

// Blanks of whatever kind and number count as one.
std::string on_one_line(std::string_view text) {
  std::string line;
  for (const auto word : words(text)) {
    if (!line.empty()) line += ' ';
    line += word;
  }
  return line;
}

}  // namespace

std::optional<HeaderLine> parse_header_line(std::string_view text) {
  if (text.starts_with('?')) {
    const auto end = text.find('?', 1);
    if (end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(end + 1);
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  HeaderLine line{.field = to_lower(trim(text.substr(0, colon))),
                  .form = std::string(trim(text.substr(colon + 1)))};
  const bool known =
      std::ranges::any_of(kUsual, [&](const auto& usual) { return usual.first == line.field; });
  return known ? std::optional(std::move(line)) : std::nullopt;
}

bool is_usual(const HeaderLine& line) {
  return std::ranges::any_of(kUsual, [&](const auto& usual) {
    return usual.first == line.field && usual.second == on_one_line(line.form);
  });
}

std::optional<std::string> unknown_macro(std::string_view form, const MacroLookup& own) {
  std::optional<std::string> unknown;
  (void)expand(form, [&](std::string_view name) -> std::optional<std::string> {
    const bool known = std::ranges::find(kMacros, name) != kMacros.end() || own(name).has_value();
    if (!known && !unknown) unknown = std::string(name);
    return std::nullopt;
  });
  return unknown;
}

}  // namespace signet::conf
