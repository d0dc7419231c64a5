// One TLS session as a machine without I/O: ciphertext in and out, plaintext in and out. The
// transport in net moves the bytes. RFC 8446, RFC 5246. Loop thread of its connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/result.h"
#include "signet/tls/context.h"

namespace signet::tls {

// One certificate that the peer sent.
struct ChainEntry {
  std::string subject;  // X509_NAME_oneline
  std::string issuer;
  std::string issuer_file;      // the issuer's place in a hashed directory: "1a2b3c4d.0"
  std::int64_t not_before = 0;  // seconds since 1970
  std::int64_t not_after = 0;
  bool self_signed = false;
};

// Why a certificate did not verify, and the one thing to do about it. Raw names stand in it.
struct Explanation {
  std::string cause;
  std::string remedy;
};

// A failed handshake in plain words; nothing for reasons that are rare. `role`: ours.
[[nodiscard]] Explanation explain_failure(std::string_view reason, Role role);

// What the handshake proved (X509 verify result as a number and in words).
struct Peer {
  std::string version;  // "TLSv1.3"
  std::string cipher;
  int cipher_bits = 0;
  int algorithm_bits = 0;
  bool certificate_requested = true;  // server: false with TLSSrvOptions V
  bool certificate_presented = false;
  bool verified = false;              // presented and chain, purpose, time, CRL all fine
  long verify_code = 0;               // X509_V_*
  std::string verify_message = "ok";  // X509_verify_cert_error_string
  Explanation explanation;            // when it was presented and did not verify
  std::string subject;                // X509_NAME_oneline, raw
  std::string issuer;
  std::string subject_cn;  // raw first CN, or BadCertificateUnknown/TooLong/ContainsNUL
  std::string issuer_cn;
  std::string fingerprint;           // "E7:B5:...", MD5 where nothing is wished
  bool fingerprint_by_wish = false;  // its algorithm is CertFingerprintAlgorithm
  std::vector<std::string> dns_names;
  bool resumed = false;
};

// A failed handshake in the words of sendmail's log line: reason, SSL_error.
struct Failure {
  std::string reason;              // "wrong version number"
  int ssl_error = 0;               // SSL_get_error
  std::vector<std::string> queue;  // OpenSSL's error queue, one text each
};

enum class Progress { want_more, done, failed, closed };

// For one session, on top of what its context has. A server session that has any is not resumed.
struct Settings {
  std::vector<SslOption> ssl_options;
  std::string cipher_list;                  // TLS <= 1.2; empty: the context's
  std::string cipher_suites;                // TLS 1.3
  std::optional<KeyPair> key_pair;          // instead of the context's
  bool crl_required = false;                // a CA without a revocation list is a failure
  std::optional<bool> request_certificate;  // server: instead of the context's
  bool operator==(const Settings&) const = default;
};
// Can a session have these? Reads the files of the key pair: blocks on disk. Empty: yes.
[[nodiscard]] std::optional<Failure> try_settings(const Context& context, const Settings& settings);

struct SessionOptions {
  std::string server_name;     // client: SNI; empty: none
  std::string resumption_key;  // client: sessions are cached under it; empty: no resumption
  Settings settings{};         // as try_settings() found good; else the handshake fails
};

class Session final {
 public:
  Session(std::shared_ptr<const Context> context, const SessionOptions& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Ciphertext from the peer. Takes all of it (bounded by what the caller read at once).
  void feed(std::string_view ciphertext);
  // The peer has sent its last byte: what OpenSSL still misses is an error, and it names it.
  void feed_end();
  // Runs the handshake as far as the bytes allow.
  [[nodiscard]] Progress handshake();
  // After the handshake: plaintext of complete records is appended to `out`.
  [[nodiscard]] Progress read(std::string& out);
  void write(std::string_view plaintext);  // any size
  void shut_down();                        // close_notify
  // Ciphertext to send; the caller sends it and then calls sent(n).
  [[nodiscard]] std::string_view output() const;
  void sent(std::size_t bytes);
  [[nodiscard]] const Failure& failure() const;
  [[nodiscard]] Peer peer() const;  // after Progress::done of handshake()
  // Leaf first; after that too. Not of a resumed session of TLS 1.2.
  [[nodiscard]] std::vector<ChainEntry> chain() const;

  struct Core;

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace signet::tls
