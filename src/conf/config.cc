#include "signet/conf/config.h"

#include <algorithm>

#include "signet/base/text.h"

namespace signet::conf {
namespace {

std::vector<KeyPairFiles> pairs(const std::vector<std::string>& certificates,
                                const std::vector<std::string>& keys) {
  std::vector<KeyPairFiles> made;
  made.reserve(certificates.size());
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    // A key may stand in the certificate's file.
    made.push_back({certificates[i], i < keys.size() ? keys[i] : certificates[i]});
  }
  return made;
}

}  // namespace

std::vector<KeyPairFiles> Tls::server_pairs() const {
  return pairs(server_certificates, server_keys);
}
std::vector<KeyPairFiles> Tls::client_pairs() const {
  return pairs(client_certificates, client_keys);
}

std::string Config::macro(std::string_view name) const {
  const auto at = macros.find(name);
  return at == macros.end() ? std::string() : at->second.text;
}

std::vector<std::string> Config::members(std::string_view class_name) const {
  std::vector<std::string> texts;
  if (const auto at = classes.find(class_name); at != classes.end()) {
    for (const auto& member : at->second) texts.push_back(member.text);
  }
  return texts;
}

std::vector<std::string> Config::local_domains() const {
  auto names = members("w");
  for (auto& name : names) name = to_lower(name);
  return names;
}

std::vector<std::string> Config::relay_domains() const {
  auto names = members("R");
  for (auto& name : names) name = to_lower(name);
  return names;
}

std::vector<std::string> Config::trusted_mechanisms() const {
  auto names = members("TrustAuthMech");
  for (auto& name : names) name = to_upper(name);
  return names;
}

const Feature* Config::feature(std::string_view name) const {
  const auto at = std::ranges::find(features, name, &Feature::name);
  return at == features.end() ? nullptr : &*at;
}

bool Mailer::is_program() const {
  return path.starts_with('/') && name != "local" && name != "prog";
}

const Mailer* Config::local_mailer() const {
  const auto name = macro("LOCAL_MAILER");
  return mailer(name.empty() ? "local" : name);
}

const Mailer* Config::mailer(std::string_view name) const {
  const auto at = std::ranges::find(mailers, name, &Mailer::name);
  return at == mailers.end() ? nullptr : &*at;
}

const MailFilter* Config::mail_filter(std::string_view name) const {
  const auto at = std::ranges::find(mail_filters, name, &MailFilter::name);
  return at == mail_filters.end() ? nullptr : &*at;
}

const std::vector<std::string>& Config::filters_of(const DaemonPort& port) const {
  return port.filters ? *port.filters : input_filters;
}

bool Config::tolerates(std::string_view what) const {
  return std::ranges::any_of(dont_blame,
                             [&](const std::string& word) { return iequals(word, what); });
}

}  // namespace signet::conf
