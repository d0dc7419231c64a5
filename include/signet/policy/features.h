// What the access map says of a session's features: Srv_Features and Clt_Features (letters),
// TLS_Srv_Features and TLS_Clt_Features (settings, with FEATURE(tls_session_features)). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/mail/facts.h"
#include "signet/mail/tls_settings.h"
#include "signet/policy/access.h"
#include "signet/policy/tls.h"

namespace signet::policy {

// Letters in words; the first of each word counts. Lower case turns a feature on, upper case off.
struct Features {
  std::string text;  // of the entry; empty: there is none
  std::string rule;  // "access:Srv_Features:192.0.2"; "default"
  // The map could not be asked: the client is to come again.
  bool temporary = false;

  // Empty: the entry says nothing of it. The last word wins.
  [[nodiscard]] std::optional<bool> says(char lower) const;
  // The letters that are none of `known` (lower case), as they stand there.
  [[nodiscard]] std::string others_than(std::string_view known) const;
};
// Name, address, then the tag alone.
[[nodiscard]] Features find_server_features(const Access& access, const mail::PeerFacts& client);
// The tag alone: sendmail asks for the name of its own client here, which no entry for a server
// can match.
[[nodiscard]] Features find_client_features(const Access& access);

struct TlsFeatures {
  std::string text;  // of the entry; empty: there is none
  std::string rule;
  std::vector<std::string> parsed;  // "CipherList=HIGH": each understood, for the log
  std::string fault;                // sendmail's word for it: "invalid_syntax"; empty: none
  std::string fault_detail;         // "opt=garbage"
  mail::TlsSettings settings;
};
// Name, then address; the tag alone is not asked for. An error: the map failed.
[[nodiscard]] Result<TlsFeatures> find_tls_server_features(const Access& access,
                                                           const mail::PeerFacts& client);
[[nodiscard]] Result<TlsFeatures> find_tls_client_features(const Access& access,
                                                           const TlsPeer& server);

}  // namespace signet::policy
