// Plain facts about a session that the rooms pass to each other: who the peer is, what TLS proved,
// who authenticated. Values only; filled by receive and deliver, read by policy, maillog, smtp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signet/base/ip.h"

namespace signet::mail {

enum class Resolve {
  ok,      // PTR found and its name has this address
  fail,    // no PTR
  forged,  // PTR found, but its name does not have this address
  temp,    // DNS gave no answer
};
[[nodiscard]] std::string_view to_string(Resolve resolve);  // "OK" "FAIL" "FORGED" "TEMP"

struct PeerFacts {
  SocketAddress remote;
  SocketAddress local;
  std::string name;  // ${client_name}: verified name, or "[ip]" when unresolved or forged
  std::string ptr;   // ${client_ptr}: the name as found, even if forged; empty when none
  Resolve resolve = Resolve::fail;
  std::string daemon;  // Name= of the listener: "MTA", "MSA"

  [[nodiscard]] std::string address() const { return remote.ip.to_mail_string(); }
  // relay= in the maillog and Received: "host [ip]", "[ip]", "ptr [ip] (may be forged)".
  [[nodiscard]] std::string relay() const;
};

// ${verify}; the texts are the enumerators in capitals, none_yet is "".
enum class Verify {
  none_yet,   // no STARTTLS done or tried
  ok,         // certificate presented and verified
  trusted,    // DANE match
  no,         // asked for a certificate, none presented (client: anonymous suite)
  not_,       // certificate not asked for
  fail,       // presented, did not verify
  none,       // client: STARTTLS not offered, not tried or refused 5yz
  clear,      // client: retried without TLS after a failed handshake
  temp,       // client: STARTTLS refused 4yz, or a local temporary problem
  protocol,   // client: STARTTLS answered with nonsense
  software,   // handshake failed
  config,     // bad per-host TLS settings
  dane_fail,  // TLSA did not match
};
[[nodiscard]] std::string_view to_string(Verify verify);  // "", "OK", "TRUSTED", "NO", "NOT", ...

struct TlsFacts {
  Verify verify = Verify::none_yet;
  std::string version;                 // "TLSv1.3"; empty without TLS
  std::string cipher;                  // "TLS_AES_256_GCM_SHA384"
  int cipher_bits = 0;                 // effective strength
  int algorithm_bits = 0;              // ${alg_bits}
  std::string cert_subject;            // one line, xtext-escaped; empty without certificate
  std::string cert_issuer;             // the same
  std::string cn_subject;              // escaped text of the first CN, or BadCertificate...
  std::string cn_issuer;               // the same
  std::string fingerprint;             // ${cert_md5}, or ${cert_fp} by CertFingerprintAlgorithm
  bool fingerprint_by_wish = false;    // it is ${cert_fp}
  std::vector<std::string> alt_names;  // DNS names of the certificate
  std::string verify_message = "ok";   // X509 error in words, for verifymsg=
  std::string cause;                   // verify FAIL: why, in plain words; raw names stand in it
  std::string remedy;                  // and the one thing to do
  bool resumed = false;

  [[nodiscard]] bool active() const { return !version.empty(); }
};

struct AuthFacts {
  std::string mechanism;  // ${auth_type}; empty: not authenticated
  std::string identity;   // ${auth_authen}: authentication id, raw
  std::string author;     // ${auth_author}: authorisation id or AUTH=, raw
  int bits = 0;           // security strength of the SASL layer, 0 for PLAIN

  [[nodiscard]] bool done() const { return !mechanism.empty(); }
};

}  // namespace signet::mail
