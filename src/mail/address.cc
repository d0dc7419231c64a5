#include "signet/mail/address.h"

#include <algorithm>

#include "signet/base/text.h"

namespace signet::mail {
namespace {

// Outside quotes these would make "<address>" or a header field read differently.
bool is_forbidden_bare(char c) { return c == ' ' || c == '<' || c == '>'; }

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// What RFC 5322 §3.2.3 lets stand in a name without quotes.
bool needs_no_quotes(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-/=?^_`{|}~.";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
           kMarks.contains(c);
  });
}

}  // namespace

std::string Address::text() const { return domain.empty() ? local : local + '@' + domain; }

std::string Address::domain_key() const {
  std::string key = to_lower(domain);
  if (key.ends_with('.')) key.pop_back();
  return key;
}

// Mailbox = Local-part "@" ( Domain / address-literal ); Local-part = Dot-string / Quoted-string.
// RFC 5321 §4.1.2; more is let through here than its grammar allows, because user names of the host
// and addresses in old maps are read by this function too.
std::optional<Address> parse_address(std::string_view text) {
  std::size_t at = std::string_view::npos;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_control(c)) return std::nullopt;
    if (c == '\\') {
      ++i;
      if (i == text.size() || is_control(text[i])) return std::nullopt;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && is_forbidden_bare(c)) {
      return std::nullopt;
    } else if (!quoted && c == '@') {
      at = i;
    }
  }
  if (quoted || text.empty() || at == 0) return std::nullopt;
  if (at == std::string_view::npos) return Address{std::string(text), {}};
  const auto domain = text.substr(at + 1);
  if (domain.empty() || domain.find_first_of("\"\\") != std::string_view::npos) return std::nullopt;
  return Address{std::string(text.substr(0, at)), std::string(domain)};
}

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

std::string plain_local_part(std::string_view local) {
  auto bare = unquoted(local);
  return needs_no_quotes(bare) ? bare : std::string(local);
}

std::string plain_address(std::string_view address) {
  if (!address.starts_with('"')) return std::string(address);
  const auto parts = parse_address(address);
  if (!parts) return std::string(address);
  const Address plain{plain_local_part(parts->local), parts->domain};
  return plain.text();
}

UserWithDetail split_detail(std::string_view local) {
  bool quoted = false;
  for (std::size_t i = 0; i < local.size(); ++i) {
    const char c = local[i];
    if (c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == '+' && !quoted && i > 0) {
      return {local.substr(0, i), local.substr(i + 1)};
    }
  }
  return {local, std::nullopt};
}

}  // namespace signet::mail
