#include "smtp/arguments.h"

#include <algorithm>
#include <limits>

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

bool is_dsn_parameter(std::string_view keyword) {
  constexpr std::string_view kDsn[] = {"RET", "ENVID", "NOTIFY", "ORCPT"};
  return std::ranges::any_of(kDsn, [&](auto name) { return iequals(name, keyword); });
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

// by-value = by-time ";" by-mode [by-trace]. RFC 2852 §4
Parsed<mail::DeliverBy> deliver_by(std::string_view value, std::chrono::seconds least) {
  const auto semicolon = value.find(';');
  auto digits = value.substr(0, semicolon);
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  const auto number = parse_number(digits);
  const bool all_digits = digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (semicolon == std::string_view::npos || digits.empty() || !all_digits) {
    return std::unexpected(replies::by_without_mode());
  }
  if (!number || *number > static_cast<std::uint64_t>(mail::kMostDeliverBy)) {
    return std::unexpected(replies::by_out_of_range(printable(value)));
  }
  const auto seconds = static_cast<std::int64_t>(*number) * (negative ? -1 : 1);
  const auto mode = value.substr(semicolon + 1);
  mail::DeliverBy by{.within = std::chrono::seconds(seconds)};
  if (istarts_with(mode, "R")) {
    by.mode = mail::DeliverBy::Mode::give_up;
  } else if (!istarts_with(mode, "N")) {
    const auto shown = mode.empty() ? std::string("?") : printable(mode.substr(0, 1));
    return std::unexpected(replies::by_mode_unknown(shown));
  }
  if (mode.size() > 1 && !iequals(mode.substr(1), "T")) {
    return std::unexpected(replies::bad_parameter_value("BY"));
  }
  by.trace = mode.size() > 1;
  if (by.gives_up() && seconds <= 0) return std::unexpected(replies::by_needs_time());
  if (by.gives_up() && by.within < least) {
    return std::unexpected(replies::by_too_short(seconds, least.count()));
  }
  return by;
}

using Objection = std::optional<mail::Reply>;

// One parameter of MAIL or RCPT: who it belongs to takes it, or says what is wrong with it.
template <class Path>
struct Keyword {
  std::string_view name;
  Objection (*take)(std::string_view value, const ServerOptions& options, Path& path);
};

Objection take_size(std::string_view value, const ServerOptions&, SenderPath& sender) {
  sender.declared_size = declared_size(value);
  return std::nullopt;
}

Objection take_body(std::string_view value, const ServerOptions&, SenderPath& sender) {
  const auto body = body_type(value);
  if (!body) return body.error();
  sender.body = *body;
  return std::nullopt;
}

Objection take_auth(std::string_view value, const ServerOptions&, SenderPath& sender) {
  auto auth = auth_sender(value);
  if (!auth) return std::move(auth).error();
  sender.auth = std::move(*auth);
  return std::nullopt;
}

Objection take_ret(std::string_view value, const ServerOptions&, SenderPath& sender) {
  const auto part = mail::parse_return_part(value);
  if (!part) return replies::bad_return_part(printable(value));
  sender.return_part = *part;
  return std::nullopt;
}

Objection take_envid(std::string_view value, const ServerOptions&, SenderPath& sender) {
  if (!mail::is_envelope_id(value)) return replies::bad_parameter_value("ENVID");
  sender.envelope_id = value;
  return std::nullopt;
}

Objection take_by(std::string_view value, const ServerOptions& options, SenderPath& sender) {
  const auto by = deliver_by(value, *options.least_deliver_by);
  if (!by) return by.error();
  sender.deliver_by = *by;
  return std::nullopt;
}

Objection take_notify(std::string_view value, const ServerOptions&, RecipientPath& recipient) {
  const auto notify = mail::parse_notify(value);
  if (!notify) return replies::bad_notify(printable(notify.error()));
  recipient.notify = *notify;
  return std::nullopt;
}

Objection take_orcpt(std::string_view value, const ServerOptions&, RecipientPath& recipient) {
  if (!mail::is_original_recipient(value)) return replies::bad_parameter_value("ORCPT");
  recipient.original = value;
  return std::nullopt;
}

constexpr Keyword<SenderPath> kOfMail[] = {{"SIZE", take_size},   {"BODY", take_body},
                                           {"AUTH", take_auth},   {"RET", take_ret},
                                           {"ENVID", take_envid}, {"BY", take_by}};
constexpr Keyword<RecipientPath> kOfRcpt[] = {{"NOTIFY", take_notify}, {"ORCPT", take_orcpt}};

// Refuses what is unknown or not offered, and what is said twice.
template <class Path, std::size_t N>
Objection take_parameters(std::string_view text, const Keyword<Path> (&known)[N],
                          const ServerOptions& options, Path& path) {
  std::uint32_t seen = 0;  // a bit for each that is known
  for (const auto word : words(text)) {
    const auto parameter = split_parameter(word);
    if (!options.offer_dsn && is_dsn_parameter(parameter.keyword)) {
      return replies::no_dsn(parameter.keyword);
    }
    const auto* row = std::ranges::find_if(
        known, [&](const auto& one) { return iequals(one.name, parameter.keyword); });
    const bool offered = row != std::end(known) && (row->name != "BY" || options.least_deliver_by);
    if (!offered) return replies::parameter_unrecognized(printable(parameter.keyword));
    if (!parameter.value) return replies::value_required(row->name == "BY" ? "BY=" : row->name);
    if (auto refusal = row->take(*parameter.value, options, path)) return refusal;
    const auto bit = 1U << static_cast<unsigned>(row - std::begin(known));
    if ((seen & bit) != 0) return replies::duplicate_parameter(parameter.keyword);
    seen |= bit;
  }
  return std::nullopt;
}

}  // namespace

Parsed<SenderPath> parse_mail(std::string_view argument, const ServerOptions& options) {
  const auto text = after_keyword(argument, "FROM");
  if (!text) return std::unexpected(text.error());
  auto path = parse_path(*text);
  if (!path) return std::unexpected(path.error());

  SenderPath sender;
  sender.as_given = std::move(path->as_given);
  sender.address = std::move(path->address);
  if (auto refusal = take_parameters(path->rest, kOfMail, options, sender)) {
    return std::unexpected(std::move(*refusal));
  }
  const auto most = options.max_message_bytes;
  if (most > 0 && sender.declared_size > most) {
    return std::unexpected(replies::declared_too_large(most));
  }
  return sender;
}

Parsed<RecipientPath> parse_rcpt(std::string_view argument, const ServerOptions& options) {
  const auto text = after_keyword(argument, "TO");
  if (!text) return std::unexpected(text.error());
  auto path = parse_path(*text);
  if (!path) return std::unexpected(path.error());
  if (path->address.empty()) return std::unexpected(replies::user_required(path->as_given));
  RecipientPath recipient{.as_given = std::move(path->as_given),
                          .address = std::move(path->address)};
  if (auto refusal = take_parameters(path->rest, kOfRcpt, options, recipient)) {
    return std::unexpected(std::move(*refusal));
  }
  return recipient;
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
