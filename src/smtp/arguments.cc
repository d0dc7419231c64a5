#include "smtp/arguments.h"

#include <algorithm>
#include <limits>
#include <set>

#include "signet/base/text.h"
#include "smtp/server_replies.h"

namespace signet::smtp {
namespace {

// esmtp-param = esmtp-keyword ["=" esmtp-value]. RFC 5321 §4.1.2
struct Parameter {
  std::string_view keyword;
  std::optional<std::string_view> value;
};

Parameter split_parameter(std::string_view word) {
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return {word, std::nullopt};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

// Digits as far as they go, like sendmail: junk counts as "not declared", too much as a lot.
std::uint64_t declared_size(std::string_view value) {
  const auto digits = value.substr(0, value.find_first_not_of("0123456789"));
  if (digits.empty()) return 0;
  return parse_number(digits).value_or(std::numeric_limits<std::uint64_t>::max());
}

// The DSN extension is not offered; its parameters get an answer of their own.
bool is_dsn_parameter(std::string_view keyword) {
  constexpr std::string_view kDsn[] = {"RET", "ENVID", "NOTIFY", "ORCPT"};
  return std::ranges::any_of(kDsn, [&](auto name) { return iequals(name, keyword); });
}

mail::Reply refuse_parameter(std::string_view keyword) {
  if (is_dsn_parameter(keyword)) return replies::no_dsn(keyword);
  return replies::parameter_unrecognized(printable(keyword));
}

Parsed<mail::Body> body_type(std::string_view value) {
  if (iequals(value, "7BIT")) return mail::Body::seven_bit;
  if (iequals(value, "8BITMIME")) return mail::Body::eight_bit_mime;
  return std::unexpected(replies::unknown_body(printable(value)));
}

// AUTH=mailbox in xtext, or <>; a line end hidden in the xtext must not come out. RFC 4954 §5
Parsed<std::string> auth_sender(std::string_view value) {
  if (value == "<>") return std::string();
  auto decoded = xtext_decode(value);
  const auto is_clean = [](char c) { return c > ' ' && c < 0x7f; };
  if (!decoded || decoded->size() > kMaxPath || !std::ranges::all_of(*decoded, is_clean)) {
    return std::unexpected(replies::bad_parameter_value("AUTH"));
  }
  return std::move(*decoded);
}

// Puts one parameter of MAIL into `sender`; gives the reply if it must not be.
std::optional<mail::Reply> apply(const Parameter& parameter, SenderPath& sender) {
  if (iequals(parameter.keyword, "SIZE")) {
    if (!parameter.value) return replies::value_required("SIZE");
    sender.declared_size = declared_size(*parameter.value);
  } else if (iequals(parameter.keyword, "BODY")) {
    if (!parameter.value) return replies::value_required("BODY");
    const auto body = body_type(*parameter.value);
    if (!body) return body.error();
    sender.body = *body;
  } else if (iequals(parameter.keyword, "AUTH")) {
    if (!parameter.value) return replies::value_required("AUTH");
    auto auth = auth_sender(*parameter.value);
    if (!auth) return auth.error();
    sender.auth = std::move(*auth);
  } else {
    return refuse_parameter(parameter.keyword);
  }
  return std::nullopt;
}

}  // namespace

Parsed<SenderPath> parse_mail(std::string_view argument, std::uint64_t max_message_bytes) {
  const auto text = after_keyword(argument, "FROM");
  if (!text) return std::unexpected(text.error());
  auto path = parse_path(*text);
  if (!path) return std::unexpected(path.error());

  SenderPath sender;
  sender.as_given = std::move(path->as_given);
  sender.address = std::move(path->address);
  std::set<std::string> seen;
  for (const auto word : words(path->rest)) {
    const auto parameter = split_parameter(word);
    if (auto refusal = apply(parameter, sender)) return std::unexpected(std::move(*refusal));
    if (!seen.insert(to_lower(parameter.keyword)).second) {
      return std::unexpected(replies::duplicate_parameter(parameter.keyword));
    }
  }
  if (max_message_bytes > 0 && sender.declared_size > max_message_bytes) {
    return std::unexpected(replies::declared_too_large(max_message_bytes));
  }
  return sender;
}

Parsed<RecipientPath> parse_rcpt(std::string_view argument) {
  const auto text = after_keyword(argument, "TO");
  if (!text) return std::unexpected(text.error());
  auto path = parse_path(*text);
  if (!path) return std::unexpected(path.error());
  if (path->address.empty()) return std::unexpected(replies::user_required(path->as_given));
  if (const auto parameters = words(path->rest); !parameters.empty()) {
    return std::unexpected(refuse_parameter(split_parameter(parameters.front()).keyword));
  }
  return RecipientPath{std::move(path->as_given), std::move(path->address)};
}

std::vector<std::string> path_arguments(std::string_view argument, std::string_view keyword) {
  const auto text = after_keyword(argument, keyword);
  const auto path = text ? parse_path(*text) : std::unexpected(text.error());
  std::vector<std::string> arguments;
  if (path) {
    for (const auto word : words(path->rest)) arguments.emplace_back(word);
  }
  return arguments;
}

}  // namespace signet::smtp
