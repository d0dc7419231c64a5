// What a Context holds: OpenSSL's context, and for the client role the sessions to resume.
#pragma once

#include <array>
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "signet/base/clock.h"
#include "signet/base/guarded.h"
#include "signet/tls/context.h"
#include "tls/openssl.h"

namespace signet::tls {

// A session may be resumed so long behind the handshake that judged the certificate: each
// resumption brings a new ticket, and what was found then must not live as long as there is
// traffic.
constexpr std::chrono::seconds kSessionLife = std::chrono::hours(2);

struct Resumable {
  SslSession session;  // null: none
  WallTime proven;     // when the certificate was judged
};

// Sessions by next hop, oldest forgotten first. Split by hash, so that loops seldom meet.
class ResumptionCache final {
 public:
  void put(const std::string& key, Resumable one);
  // Takes it out: a TLS 1.3 ticket is good for one use (RFC 8446 §C.4).
  [[nodiscard]] Resumable take(const std::string& key, WallTime now);

 private:
  struct Part {
    std::list<std::pair<std::string, Resumable>> by_age;  // newest in front
    std::unordered_map<std::string_view, decltype(by_age)::iterator> by_key;
  };
  static constexpr std::size_t kParts = 16;
  static constexpr std::size_t kMostInPart = 256;
  Guarded<Part>& part_of(const std::string& key) {
    return parts_[std::hash<std::string>{}(key) % kParts];
  }
  std::array<Guarded<Part>, kParts> parts_;
};

struct Context::Core {
  SslContext ssl;
  Role role = Role::server;
  bool request_certificate = true;
  FileRules files;
  // Server: contexts of other names, complete, with the pairs of that name.
  std::map<std::string, std::shared_ptr<const Context>, std::less<>> by_name;
  const EVP_MD* fingerprint = nullptr;
  bool fingerprint_by_wish = false;  // CertFingerprintAlgorithm is set
  mutable ResumptionCache sessions;
};

// The session's place in OpenSSL's callbacks: index of SSL_set_ex_data.
[[nodiscard]] int session_index();
// New ticket of a client session: goes to the cache of its context.
int on_new_session(SSL* ssl, SSL_SESSION* session) noexcept;

}  // namespace signet::tls
