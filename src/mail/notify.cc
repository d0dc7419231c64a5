#include "signet/mail/notify.h"

#include <algorithm>

#include "signet/base/text.h"

namespace signet::mail {
namespace {

// addr-type = atom. RFC 3461 §4.2
bool is_atom(std::string_view text) {
  constexpr std::string_view kSpecials = "()<>@,;:\\\".[]";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return c > ' ' && c < 0x7f && kSpecials.find(c) == std::string_view::npos;
  });
}

}  // namespace

Notify Notify::without_success() const {
  Notify rest = *this;
  rest.success = false;
  rest.never = never || (success && !failure && !delay);
  return rest;
}

std::expected<Notify, std::string_view> parse_notify(std::string_view text) {
  Notify notify;
  if (iequals(text, "NEVER")) {
    notify.never = true;
    return notify;
  }
  for (const auto word : split(text, ',')) {
    if (iequals(word, "SUCCESS")) {
      notify.success = true;
    } else if (iequals(word, "FAILURE")) {
      notify.failure = true;
    } else if (iequals(word, "DELAY")) {
      notify.delay = true;
    } else {
      return std::unexpected(word);
    }
  }
  return notify;
}

std::string to_text(Notify notify) {
  if (notify.never) return "NEVER";
  std::string text;
  const auto add = [&](bool wanted, std::string_view word) {
    if (!wanted) return;
    if (!text.empty()) text += ',';
    text += word;
  };
  add(notify.success, "SUCCESS");
  add(notify.failure, "FAILURE");
  add(notify.delay, "DELAY");
  return text;
}

std::optional<ReturnPart> parse_return_part(std::string_view text) {
  if (iequals(text, "FULL")) return ReturnPart::full;
  if (iequals(text, "HDRS")) return ReturnPart::headers;
  return std::nullopt;
}

std::string_view to_text(ReturnPart part) {
  if (part == ReturnPart::full) return "FULL";
  return part == ReturnPart::headers ? "HDRS" : "";
}

std::string to_text(const DeliverBy& by) {
  return std::to_string(by.within.count()) + (by.gives_up() ? ";R" : ";N") + (by.trace ? "T" : "");
}

bool is_envelope_id(std::string_view text) {
  return text.size() <= kMostEnvelopeId && xtext_decode(text).has_value();
}

bool is_original_recipient(std::string_view text) {
  const auto semicolon = text.find(';');
  return text.size() <= kMostOriginal && semicolon != std::string_view::npos &&
         is_atom(text.substr(0, semicolon)) && xtext_decode(text.substr(semicolon + 1)).has_value();
}

}  // namespace signet::mail
