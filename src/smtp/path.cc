#include "smtp/path.h"

#include <algorithm>

#include "signet/base/ip.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"
#include "smtp/server_replies.h"

namespace signet::smtp {
namespace {

constexpr std::string_view kBlanks = " \t";

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view without_leading_blanks(std::string_view text) {
  const auto start = text.find_first_not_of(kBlanks);
  return start == std::string_view::npos ? std::string_view{} : text.substr(start);
}

// Quoted-string = DQUOTE *QcontentSMTP DQUOTE. Position behind the closing quote; npos: unclosed.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

// Position of the first of `wanted` outside quotes, or npos.
std::size_t find_unquoted(std::string_view text, std::string_view wanted) {
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      at = end_of_quoted(text, at);
      if (at == std::string_view::npos) return at;
    } else if (wanted.find(text[at]) != std::string_view::npos) {
      return at;
    } else {
      ++at;
    }
  }
  return std::string_view::npos;
}

// Local-part = Dot-string / Quoted-string. Dots may stand anywhere, as in the real world, and '/',
// '%', '!' or '|' are policy's business.
bool is_local_part(std::string_view local) {
  if (local.empty()) return false;
  if (local.front() == '"') return end_of_quoted(local, 0) == local.size();
  return std::ranges::all_of(local, [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("<>()[]\\,;:@\"").find(c) == std::string::npos;
  });
}

// Domain = sub-domain *("." sub-domain) / address-literal. '_' and one dot at the end are let pass.
bool is_domain(std::string_view domain) {
  if (domain.starts_with('[')) {
    return domain.ends_with(']') && domain.size() > 2 &&
           IpAddress::parse(domain.substr(1, domain.size() - 2)).has_value();
  }
  if (domain.ends_with('.')) domain.remove_suffix(1);
  if (domain.empty() || domain.size() > 255) return false;
  return std::ranges::all_of(split(domain, '.'), [](std::string_view label) {
    return !label.empty() && std::ranges::all_of(label, [](char c) {
      return is_letter_or_digit(c) || c == '-' || c == '_';
    });
  });
}

// A-d-l ":" in front of the mailbox is to be accepted and ignored. RFC 5321 §4.1.2, appendix C.
Parsed<std::string_view> without_route(std::string_view inner, std::string_view given) {
  if (!inner.starts_with('@')) return inner;
  const auto colon = inner.find(':');
  if (colon == std::string_view::npos) return std::unexpected(replies::invalid_route(given));
  for (const auto hop : split(inner.substr(0, colon), ',')) {
    if (!hop.starts_with('@') || !is_domain(hop.substr(1))) {
      return std::unexpected(replies::invalid_route(given));
    }
  }
  return inner.substr(colon + 1);
}

Parsed<std::string> mailbox(std::string_view inner, std::string_view given) {
  if (inner.empty()) return std::string();
  const auto bare = without_route(inner, given);
  if (!bare) return std::unexpected(bare.error());
  const auto at = find_unquoted(*bare, "@");
  const auto local = bare->substr(0, at);
  if (at != std::string_view::npos) {
    const auto domain = bare->substr(at + 1);
    if (domain.find('@') != std::string_view::npos) {
      return std::unexpected(replies::invalid_route(given));
    }
    if (!is_domain(domain)) return std::unexpected(replies::invalid_address(given));
  }
  if (!is_local_part(local)) return std::unexpected(replies::invalid_address(given));
  return mail::plain_address(*bare);
}

}  // namespace

Parsed<std::string_view> after_keyword(std::string_view argument, std::string_view keyword) {
  const auto text = without_leading_blanks(argument);
  const auto word = text.substr(0, text.find_first_of(" \t:"));
  const auto behind = without_leading_blanks(text.substr(word.size()));
  if (behind.starts_with(':') && iequals(word, keyword)) {
    const auto rest = without_leading_blanks(behind.substr(1));
    if (!rest.empty()) return rest;
  }
  return std::unexpected(replies::scanning(printable(word)));
}

// Path = "<" [ A-d-l ":" ] Mailbox ">"; without brackets it ends at the first blank.
Parsed<Path> parse_path(std::string_view text) {
  std::string_view given;
  std::string_view inner;
  if (text.starts_with('<')) {
    const auto close = find_unquoted(text, ">");
    if (close == std::string_view::npos) {
      const auto shown = text.substr(0, text.find_first_of(kBlanks));
      return std::unexpected(replies::unbalanced(printable(shown), '<'));
    }
    given = text.substr(0, close + 1);
    inner = given.substr(1, given.size() - 2);
  } else {
    given = text.substr(0, find_unquoted(text, kBlanks));
    inner = given;
    if (inner.find('>') != std::string_view::npos && find_unquoted(inner, ">") != inner.npos) {
      return std::unexpected(replies::unbalanced(printable(given), '>'));
    }
  }
  if (inner.size() > kMaxPath) return std::unexpected(replies::address_too_long());
  if (!std::ranges::all_of(inner, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    return std::unexpected(replies::not_ascii());
  }
  auto address = mailbox(inner, given);
  if (!address) return std::unexpected(address.error());
  return Path{std::string(given), std::move(*address),
              without_leading_blanks(text.substr(given.size()))};
}

}  // namespace signet::smtp
