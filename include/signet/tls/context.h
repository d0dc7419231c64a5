// TLS contexts: certificates, trust and ciphers of one role, made once and shared read-only by all
// sessions of all loops; a reload makes new ones. Only this room sees OpenSSL.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/result.h"
#include "signet/base/secret.h"

namespace signet::tls {

enum class Role { server, client };

struct KeyPair {
  std::string certificate_file;  // PEM; leaf first, chain may follow
  std::string key_file;
  bool operator==(const KeyPair&) const = default;
};

// Which files are safe: nobody else may write them or the folders above them,
// nobody else may read a key. What DontBlameSendmail forgives.
struct FileRules {
  bool check = true;
  bool group_readable_key = false;     // GroupReadableKeyFile
  bool trust_sticky_bit = false;       // TrustStickyBit: a folder like /tmp
  bool group_writable_folder = false;  // GroupWritableDirPathSafe
  unsigned owner = 0;  // user number of RunAsUser: may own the files, as root and ourselves may
};

// How the text of a key file is got: by an engine that has given up the right to open it.
using ReadKey = std::function<Result<Secret>(const std::string& path)>;

struct SslOption {
  std::string name;  // "SSL_OP_NO_TLSv1_3", or a number
  bool on = true;
  bool operator==(const SslOption&) const = default;
};
// "+SSL_OP_NO_TLSv1_3 -SSL_OP_ALL 0x400"; the error names the word that is none.
[[nodiscard]] Result<std::vector<SslOption>> parse_ssl_options(std::string_view text);

// For clients that ask for this name.
struct NamedPair {
  std::string name;  // lower case; "*.rest" for one label
  KeyPair pair;
};

enum class Version { tls1_0, tls1_1, tls1_2, tls1_3 };

struct Options {
  Role role = Role::server;
  std::vector<KeyPair> key_pairs;      // none: a server without `anonymous` ciphers cannot be made
  std::vector<NamedPair> named_pairs;  // server: by SNI; others get key_pairs
  Version least_version = Version::tls1_2;
  std::string ca_file;  // PEM bundle of trusted roots
  std::string ca_path;  // hashed directory
  std::string crl_file;
  std::string crl_path;                // hashed directory
  std::string cipher_list;             // TLS <= 1.2, OpenSSL syntax; empty: our default
  std::string cipher_suites;           // TLS 1.3; empty: OpenSSL's default
  std::string dh_parameters;           // sendmail's DHParameters; empty: automatic
  bool request_certificate = true;     // server: ask the client (TLSSrvOptions V turns it off)
  bool require_key_pair = true;        // false: TLSSrvOptions C, run anonymous
  std::vector<SslOption> ssl_options;  // ServerSSLOptions or ClientSSLOptions, on top of ours
  FileRules files;
  std::string fingerprint_algorithm;  // CertFingerprintAlgorithm; empty: md5
  ReadKey read_key;                   // empty: the file is opened here
};

// One thing that went wrong or was ignored while making a context, for the log and `signet check`.
struct Complaint {
  std::string file;    // or empty
  std::string reason;  // "Group readable file", "No such file or directory", "key does not match"
  std::string remedy;  // "chmod 0600 /etc/mail/certs/mail.key"
  bool fatal = false;  // TLS of this role is off because of it
  bool unfinished = false;  // the files look as if they were just being replaced
};

// A private key's PEM text, if the file is safe.
struct KeyText {
  std::optional<Secret> text;
  Complaint complaint;  // why there is none
};
[[nodiscard]] KeyText read_key_file(const std::string& path, const FileRules& rules);

class Context final {
 public:
  struct Core;  // SSL_CTX inside
  explicit Context(std::unique_ptr<Core> core);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  [[nodiscard]] const Core& core() const { return *core_; }
  [[nodiscard]] Role role() const;

 private:
  std::unique_ptr<Core> core_;
};

struct Made {
  std::shared_ptr<const Context> context;  // null: TLS of this role is not available
  std::vector<Complaint> complaints;       // why, and what was ignored
};
// Reads all files now. Never throws; blocks on disk: start and reload only.
[[nodiscard]] Made make_context(const Options& options);

}  // namespace signet::tls
