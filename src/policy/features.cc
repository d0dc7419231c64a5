#include "signet/policy/features.h"

#include <algorithm>
#include <array>

#include "policy/value.h"
#include "signet/base/text.h"

namespace signet::policy {
namespace {

Features features_of(std::string_view tag, const Lookup& hit) {
  Features features;
  features.rule = "default";
  if (!hit) {
    features.temporary = true;
    features.rule = "access: map failed";
  } else if (*hit) {
    features.text = (*hit)->value;
    features.rule = rule_of(tag, **hit);
  }
  return features;
}

// One "Key=value", quotes around the value taken off; empty: it is none.
struct Item {
  std::string_view key;
  std::string_view value;
};
std::optional<Item> item_of(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  Item item{trim(text.substr(0, equals)), trim(text.substr(equals + 1))};
  if (item.value.size() >= 2 && item.value.front() == '"' && item.value.back() == '"') {
    item.value = item.value.substr(1, item.value.size() - 2);
  }
  return item;
}

// R: every CA needs a revocation list. C, c: fall back to clear text, or not. d, M: without DANE,
// without MTA-STS, of which nothing is done here anyway.
bool take_flags(std::string_view letters, mail::TlsSettings& settings) {
  for (const char letter : letters) {
    switch (letter) {
      case 'R':
        settings.crl_required = true;
        break;
      case 'C':
        settings.fall_back_to_clear = true;
        break;
      case 'c':
        settings.fall_back_to_clear = false;
        break;
      case 'D':
      case 'd':
      case 'M':
        break;
      default:
        return false;
    }
  }
  return true;
}

bool take(const Item& item, mail::TlsSettings& settings) {
  struct Key {
    std::string_view name;
    std::string mail::TlsSettings::*place;
  };
  static constexpr std::array kKeys = std::to_array<Key>({
      {"Options", &mail::TlsSettings::options},
      {"CipherList", &mail::TlsSettings::cipher_list},
      {"CipherSuites", &mail::TlsSettings::cipher_suites},
      {"CertFile", &mail::TlsSettings::certificate_file},
      {"KeyFile", &mail::TlsSettings::key_file},
  });
  if (iequals(item.key, "Flags")) return take_flags(item.value, settings);
  const auto* key =
      std::ranges::find_if(kKeys, [&](const Key& one) { return iequals(one.name, item.key); });
  if (key == kKeys.end()) return false;
  settings.*(key->place) = item.value;
  return true;
}

TlsFeatures parse_tls_features(std::string_view text) {
  TlsFeatures features;
  features.text = text;
  while (!text.empty()) {
    const auto end = std::min(text.find(';'), text.size());
    const auto part = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    const auto item = item_of(part);
    if (!item) {
      features.fault = "invalid_syntax";
      features.fault_detail = "opt=" + std::string(part);
      return features;
    }
    if (!take(*item, features.settings)) {
      features.fault = "unknown_option";
      features.fault_detail = "opt=" + std::string(item->key);
      return features;
    }
    features.parsed.push_back(std::string(item->key) + "=" + std::string(item->value));
  }
  if (features.settings.certificate_file.empty() != features.settings.key_file.empty()) {
    features.fault = "only_one_of_CertFile/KeyFile_specified";
  }
  return features;
}

Result<TlsFeatures> find_tls_features(const Access& access, std::string_view tag,
                                      std::string_view name, const IpAddress& address) {
  const auto hit = access.peer(tag, name, address, Tagged::only);
  if (!hit) return std::unexpected(hit.error());
  TlsFeatures features;
  if (*hit) features = parse_tls_features((*hit)->value);
  features.rule = *hit ? rule_of(tag, **hit) : "default";
  return features;
}

}  // namespace

std::optional<bool> Features::says(char letter) const {
  std::optional<bool> said;
  for (const auto word : words(text)) {
    if (to_lower(word.front()) == letter) said = word.front() == letter;
  }
  return said;
}

std::string Features::others_than(std::string_view known) const {
  std::string others;
  for (const auto word : words(text)) {
    if (known.find(to_lower(word.front())) == std::string_view::npos) others += word.front();
  }
  return others;
}

Features find_server_features(const Access& access, const mail::PeerFacts& client) {
  constexpr std::string_view kTag = "Srv_Features";
  auto hit = access.peer(kTag, client.name, client.remote.ip, Tagged::only);
  if (hit && !*hit) hit = access.exact(std::string(kTag) + ":");
  return features_of(kTag, hit);
}

Features find_client_features(const Access& access) {
  constexpr std::string_view kTag = "Clt_Features";
  return features_of(kTag, access.exact(std::string(kTag) + ":"));
}

Result<TlsFeatures> find_tls_server_features(const Access& access, const mail::PeerFacts& client) {
  return find_tls_features(access, "TLS_Srv_Features", client.name, client.remote.ip);
}

Result<TlsFeatures> find_tls_client_features(const Access& access, const TlsPeer& server) {
  return find_tls_features(access, "TLS_Clt_Features", server.name, server.address);
}

}  // namespace signet::policy
