// AuthInfo: entries, `"U:user" "P=c2VjcmV0" "M:PLAIN LOGIN"`. No error text made
// here shows what stands in an entry: it holds a password.
#include <algorithm>
#include <array>
#include <utility>

#include "policy/value.h"
#include "signet/base/text.h"
#include "signet/policy/route.h"

namespace signet::policy {
namespace {

// "X:value" or bare X:value; quotes may hold blanks. Empty: the list is over or broken.
std::optional<std::string_view> take_item(std::string_view& text) {
  text = trim(text);
  if (text.empty()) return std::nullopt;
  std::size_t end = 0;
  std::string_view item;
  if (text.front() == '"') {
    end = text.find('"', 1);
    if (end == std::string_view::npos) return std::nullopt;
    item = text.substr(1, end - 1);
    ++end;
  } else {
    end = std::min(text.find_first_of(" \t"), text.size());
    item = text.substr(0, end);
  }
  text.remove_prefix(end);
  return item;
}

std::unexpected<Error> bad_entry(std::string_view key, std::string_view why) {
  return permanent("authinfo entry " + std::string(key) + ": " + std::string(why));
}

Result<AuthInfo> parse_auth_info(std::string_view key, std::string_view text) {
  constexpr std::string_view kLetters = "UIPRM";
  std::array<std::optional<std::string>, kLetters.size()> values;
  while (!trim(text).empty()) {
    const auto item = take_item(text);
    if (!item) return bad_entry(key, "a quote is not closed");
    if (item->size() < 2) return bad_entry(key, "an item is too short");
    const auto letter = kLetters.find(to_upper(item->substr(0, 1)));
    if (letter == std::string_view::npos) return bad_entry(key, "an item is not U I P R or M");
    if (values[letter]) return bad_entry(key, "an item stands twice");
    const auto value = item->substr(2);
    if ((*item)[1] == '=') {
      values[letter] = base64_decode(value);
      if (!values[letter]) return bad_entry(key, "base64 is malformed");
    } else if ((*item)[1] == ':') {
      values[letter] = std::string(value);
    } else {
      return bad_entry(key, "the letter is not followed by : or =");
    }
  }
  auto& [user, id, password, realm, mechanisms] = values;
  if (!user && !id) return bad_entry(key, "it has neither U nor I");
  if (!password) return bad_entry(key, "it has no P");
  AuthInfo info;
  info.user = user ? *user : *id;
  info.authid = id ? *id : *user;
  info.password = Secret(std::move(*password));
  info.realm = realm.value_or("");
  if (mechanisms) {
    for (const auto word : words(*mechanisms)) info.mechanisms.push_back(to_upper(word));
  }
  return info;
}

// FEATURE(authinfo): the exact name, the exact address, or the tag alone.
Lookup find_exact(const Access& map, std::string_view name, const IpAddress& address) {
  const std::string tag = "AuthInfo:";
  if (name.ends_with('.')) name.remove_suffix(1);
  if (!name.empty()) {
    auto hit = map.exact(tag + std::string(name));
    if (!hit || *hit) return hit;
  }
  auto hit = map.exact(tag + address.to_mail_string());
  if (!hit || *hit) return hit;
  return map.exact(tag);
}

}  // namespace

Result<std::optional<AuthInfo>> find_auth_info(const Access& access, const table::Table* feature,
                                               std::string_view server_name,
                                               const IpAddress& server_address) {
  constexpr std::string_view kTag = "AuthInfo";
  Lookup hit;
  if (feature != nullptr) {
    hit = find_exact(Access(feature, access.options()), server_name, server_address);
  } else {
    hit = access.peer(kTag, server_name, server_address, Tagged::only);
    if (hit && !*hit) hit = access.exact(std::string(kTag) + ":");
  }
  if (!hit) return std::unexpected(std::move(hit).error().within("authinfo"));
  if (!*hit) return std::nullopt;
  auto info = parse_auth_info((*hit)->key, (*hit)->value);
  if (!info) return std::unexpected(std::move(info).error());
  return std::move(*info);
}

}  // namespace signet::policy
