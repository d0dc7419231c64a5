// TLS contexts: certificates, trust and ciphers of one role, made once and shared read-only by all
// sessions of all loops; a reload makes new ones. Only this room sees OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "signet/base/result.h"

namespace signet::tls {

enum class Role { server, client };

struct KeyPair {
  std::string certificate_file;  // PEM; leaf first, chain may follow
  std::string key_file;
};

struct Options {
  Role role = Role::server;
  std::vector<KeyPair> key_pairs;  // none: a server without `anonymous` ciphers cannot be made
  std::string ca_file;             // PEM bundle of trusted roots
  std::string ca_path;             // hashed directory
  std::string crl_file;
  std::string cipher_list;                // TLS <= 1.2, OpenSSL syntax; empty: our default
  std::string cipher_suites;              // TLS 1.3; empty: OpenSSL's default
  std::string dh_parameters;              // sendmail's DHParameters; empty: automatic
  bool request_certificate = true;        // server: ask the client (TLSSrvOptions V turns it off)
  bool require_key_pair = true;           // false: TLSSrvOptions C, run anonymous
  bool allow_group_readable_key = false;  // DontBlameSendmail=GroupReadableKeyFile
  bool check_modes = true;                // file-safety rules of SENDMAIL.md §5.3
};

// One thing that went wrong or was ignored while making a context, for the log and `signet check`.
struct Complaint {
  std::string file;    // or empty
  std::string reason;  // "Group readable file", "No such file or directory", "key does not match"
  std::string remedy;  // "chmod 0600 /etc/mail/certs/mail.key"
  bool fatal = false;  // TLS of this role is off because of it
};

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
