// A client and a server session that talk without a network, and contexts for them.
#pragma once

#include <algorithm>
#include <memory>
#include <random>
#include <string>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "signet/tls/context.h"
#include "signet/tls/session.h"
#include "support/test_pki.h"
#include "tls/context_core.h"

namespace signet::tls {

// The folders of tests stand in /tmp.
inline constexpr FileRules kInTmp = {.trust_sticky_bit = true};

inline Options server_options(const test::TestPki& pki, const test::CertificateFiles& own) {
  Options options;
  options.role = Role::server;
  options.key_pairs = {{own.certificate_file, own.key_file}};
  options.ca_file = pki.ca_file();
  options.files = kInTmp;
  return options;
}

inline Options client_options(const test::TestPki& trusted) {
  Options options;
  options.role = Role::client;
  options.ca_file = trusted.ca_file();
  options.files = kInTmp;
  return options;
}

inline Options client_options(const test::TestPki& trusted, const test::CertificateFiles& own) {
  Options options = client_options(trusted);
  options.key_pairs = {{own.certificate_file, own.key_file}};
  return options;
}

using ContextPtr = std::shared_ptr<const Context>;

inline ContextPtr make(const Options& options) {
  auto made = make_context(options);
  for (const auto& complaint : made.complaints) {
    ADD_FAILURE() << complaint.file << ": " << complaint.reason;
  }
  return made.context;
}

inline ContextPtr at_most_tls_1_2(ContextPtr context) {
  SSL_CTX_set_max_proto_version(context->core().ssl.get(), TLS1_2_VERSION);
  return context;
}

// How the bytes are cut on their way.
struct Whole {
  std::size_t operator()(std::size_t waiting) { return waiting; }
};
struct OneByte {
  std::size_t operator()(std::size_t) { return 1; }
};
struct RandomCuts {
  std::minstd_rand random{42};
  std::size_t operator()(std::size_t waiting) {
    return std::uniform_int_distribution<std::size_t>(1, waiting)(random);
  }
};

class Pair final {
 public:
  Pair(ContextPtr server_context, ContextPtr client_context, const SessionOptions& options = {})
      : server(std::move(server_context), {}), client(std::move(client_context), options) {}

  // Both sides are done.
  template <class Cut = Whole>
  bool shake_hands(Cut cut = {}) {
    client_is = client.handshake();
    do {
      step(server, server_is, heard_by_server);
      step(client, client_is, heard_by_client);
    } while (carry(client, server, cut) || carry(server, client, cut));
    return server_is == Progress::done && client_is == Progress::done;
  }
  // Carries everything that waits, after the handshake. Gives what the server's last read said.
  template <class Cut = Whole>
  Progress exchange(Cut cut = {}) {
    while (carry(client, server, cut) || carry(server, client, cut)) {
      server_is = server.read(heard_by_server);
      client_is = client.read(heard_by_client);
    }
    return server_is;
  }

  Session server;
  Session client;
  Progress server_is = Progress::want_more;
  Progress client_is = Progress::want_more;
  std::string heard_by_server;
  std::string heard_by_client;

 private:
  static void step(Session& session, Progress& progress, std::string& heard) {
    if (progress == Progress::want_more) progress = session.handshake();
    if (progress == Progress::done) (void)session.read(heard);  // tickets
  }
  template <class Cut>
  static bool carry(Session& from, Session& to, Cut& cut) {
    const auto waiting = from.output();
    if (waiting.empty()) return false;
    const std::size_t count = cut(waiting.size());
    to.feed(waiting.substr(0, count));
    from.sent(count);
    return true;
  }
};

}  // namespace signet::tls
