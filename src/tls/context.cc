#include "signet/tls/context.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <openssl/pem.h>

#include "signet/base/text.h"
#include "tls/anonymous.h"
#include "tls/context_core.h"
#include "tls/file_checks.h"
#include "tls/key_files.h"
#include "tls/ssl_options.h"
#include "tls/trust.h"
#include "tls/verify.h"

namespace signet::tls {
namespace {

// For TLS 1.2 where CipherList says nothing: forward secrecy and AEAD (RFC 9325 §4.2). A client
// keeps OpenSSL's own list: whom it sends to it cannot choose.
constexpr char kServerCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20";
constexpr unsigned char kSessionContext[] = "signet";

int number_of(Version version) {
  switch (version) {
    case Version::tls1_0:
      return TLS1_VERSION;
    case Version::tls1_1:
      return TLS1_1_VERSION;
    case Version::tls1_2:
      return TLS1_2_VERSION;
    case Version::tls1_3:
      return TLS1_3_VERSION;
  }
  return TLS1_2_VERSION;
}

// The whole name, then "*." for its first label.
const Context* find_named(const Context::Core& core, std::string_view name) {
  const std::string wanted = to_lower(name);
  auto found = core.by_name.find(wanted);
  if (found == core.by_name.end()) {
    const auto dot = wanted.find('.');
    if (dot != std::string::npos) found = core.by_name.find("*" + wanted.substr(dot));
  }
  return found == core.by_name.end() ? nullptr : found->second.get();
}

// A name that we do not have is no reason to refuse: RFC 6066 §3.
int on_server_name(SSL* ssl, int*, void* core) noexcept {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const auto* context = find_named(*static_cast<const Context::Core*>(core), name);
  if (context == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_SSL_CTX(ssl, context->core().ssl.get());
  return SSL_TLSEXT_ERR_OK;
}

class Maker final {
 public:
  explicit Maker(const Options& options) : options_(options) {}
  Made make();

 private:
  void base_settings();
  void ciphers();
  void key_pairs();
  void named_pairs();
  void dh_parameters();
  void note(std::string file, std::string reason, std::string remedy, bool fatal = false) {
    complaints_.push_back({.file = std::move(file),
                           .reason = std::move(reason),
                           .remedy = std::move(remedy),
                           .fatal = fatal});
  }
  void add(std::vector<Complaint> more) {
    std::ranges::move(more, std::back_inserter(complaints_));
  }
  [[nodiscard]] bool failed() const;
  [[nodiscard]] SSL_CTX* ssl() const { return core_->ssl.get(); }

  const Options& options_;
  std::unique_ptr<Context::Core> core_ = std::make_unique<Context::Core>();
  std::vector<Complaint> complaints_;
};

bool Maker::failed() const { return std::ranges::any_of(complaints_, &Complaint::fatal); }

void Maker::base_settings() {
  SSL_CTX_set_min_proto_version(ssl(), number_of(options_.least_version));
  SSL_CTX_set_mode(ssl(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(ssl(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_read_ahead(ssl(), 1);
  SSL_CTX_set_timeout(ssl(), kSessionLife.count());
  core_->role = options_.role;
  core_->request_certificate = options_.request_certificate;
  core_->files = options_.files;
  const bool ask = options_.role == Role::client || options_.request_certificate;
  SSL_CTX_set_verify(ssl(), ask ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  record_verification(ssl());
  if (options_.role == Role::server) {
    SSL_CTX_set_options(ssl(), SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(ssl(), SSL_SESS_CACHE_OFF);  // tickets need no memory of ours
    SSL_CTX_set_session_id_context(ssl(), kSessionContext, sizeof kSessionContext - 1);
    SSL_CTX_set_num_tickets(ssl(), 1);
    SSL_CTX_set_max_early_data(ssl(), 0);
  } else {
    SSL_CTX_set_session_cache_mode(ssl(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(ssl(), &on_new_session);
  }
  const SslBits wish = bits_of(options_.ssl_options);
  SSL_CTX_set_options(ssl(), wish.set);
  // A peer never starts a second handshake in the middle of a session, whatever is asked.
  SSL_CTX_clear_options(ssl(), wish.cleared & ~std::uint64_t{SSL_OP_NO_RENEGOTIATION});
  const std::string& algorithm = options_.fingerprint_algorithm;
  core_->fingerprint_by_wish = !algorithm.empty();
  core_->fingerprint = EVP_get_digestbyname(algorithm.empty() ? "md5" : algorithm.c_str());
  if (core_->fingerprint == nullptr) {
    note({}, "CertFingerprintAlgorithm=" + algorithm + ", status=invalid",
         "name a digest that `openssl list -digest-algorithms` shows", true);
  }
}

// A bad list is ignored, as sendmail does, and said.
void Maker::ciphers() {
  if (asks_for_anonymous(options_.cipher_list)) allow_anonymous(ssl());
  if (options_.role == Role::server) SSL_CTX_set_cipher_list(ssl(), kServerCiphers);
  if (!options_.cipher_list.empty() &&
      SSL_CTX_set_cipher_list(ssl(), options_.cipher_list.c_str()) != 1) {
    (void)take_errors();
    // OpenSSL has already dropped its own list when it finds that ours names nothing.
    SSL_CTX_set_cipher_list(
        ssl(), options_.role == Role::server ? kServerCiphers : OSSL_default_cipher_list());
    note({}, "SSL_CTX_set_cipher_list(" + options_.cipher_list + ") failed, list ignored",
         "correct CipherList: `openssl ciphers LIST` must show suites");
  }
  if (!options_.cipher_suites.empty() &&
      SSL_CTX_set_ciphersuites(ssl(), options_.cipher_suites.c_str()) != 1) {
    (void)take_errors();
    note({}, "SSL_CTX_set_ciphersuites(" + options_.cipher_suites + ") failed, suites ignored",
         "correct CipherSuites");
  }
}

void Maker::key_pairs() {
  bool usable = false;
  for (const auto& pair : options_.key_pairs) {
    auto fault = use_key_pair(ssl(), pair, options_);
    usable = usable || !fault;
    if (!fault) continue;
    fault->fatal = options_.require_key_pair || options_.role == Role::client;
    complaints_.push_back(std::move(*fault));
  }
  if (options_.role != Role::server || usable) return;
  if (options_.require_key_pair) {
    if (!failed()) note({}, "no certificate", "define confSERVER_CERT and confSERVER_KEY", true);
    return;
  }
  // Only anonymous suites are left, which TLS 1.3 does not have.
  SSL_CTX_set_max_proto_version(ssl(), TLS1_2_VERSION);
  if (!offers_anonymous(ssl())) {
    note({}, "no certificate, and no anonymous suites in CipherList",
         "define confSERVER_CERT and confSERVER_KEY, or add aNULL to confCIPHER_LIST", true);
  }
}

// One whole context for each name: what a handshake asks of its context is the same in all of them.
// A name whose files are no good gets the certificate of those without a name.
void Maker::named_pairs() {
  std::map<std::string, Options, std::less<>> wanted;
  for (const auto& named : options_.named_pairs) {
    auto [place, is_new] = wanted.try_emplace(named.name, options_);
    if (is_new) {
      place->second.key_pairs.clear();
      place->second.named_pairs.clear();
      place->second.require_key_pair = true;
    }
    place->second.key_pairs.push_back(named.pair);
  }
  for (const auto& [name, options] : wanted) {
    auto made = make_context(options);
    for (auto& complaint : made.complaints) {
      if (!complaint.fatal) continue;  // the others were heard once already
      complaint.fatal = false;
      complaint.reason += " (ServerNames " + name + ")";
      complaints_.push_back(std::move(complaint));
    }
    if (made.context) core_->by_name.emplace(name, std::move(made.context));
  }
  if (core_->by_name.empty()) return;
  SSL_CTX_set_tlsext_servername_callback(ssl(), &on_server_name);
  SSL_CTX_set_tlsext_servername_arg(ssl(), core_.get());
}

// First letter as in sendmail: i (built in), 1 or 2 (made), n (none), / (a file). OpenSSL's
// automatic choice fits the size to the certificate, so i, 1, 2 and nothing are one here.
void Maker::dh_parameters() {
  const std::string& wish = options_.dh_parameters;
  const char first = wish.empty() ? 'i' : wish.front();
  if (first == 'n') return;
  auto fault = first == '/' ? find_fault(wish, FileUse::certificate, options_.files) : std::nullopt;
  if (fault) {
    fault->fatal = false;
    complaints_.push_back(std::move(*fault));
  } else if (first == '/') {
    const Bio file(BIO_new_file(wish.c_str(), "r"));
    PrivateKey parameters(file ? PEM_read_bio_Parameters(file.get(), nullptr) : nullptr);
    if (parameters && SSL_CTX_set0_tmp_dh_pkey(ssl(), parameters.get()) == 1) {
      [[maybe_unused]] const auto* the_contexts = parameters.release();
      return;
    }
    (void)take_errors();
    note(wish, "no Diffie-Hellman parameters in PEM form",
         "openssl dhparam -out " + wish + " 2048");
  } else if (first != 'i' && first != '1' && first != '2') {
    note({}, "illegal value '" + wish + "' for DHParameters", "use i, n or a file");
  }
  SSL_CTX_set_dh_auto(ssl(), 1);
}

Made Maker::make() {
  const auto* method = options_.role == Role::server ? TLS_server_method() : TLS_client_method();
  core_->ssl.reset(SSL_CTX_new(method));
  if (!core_->ssl) {
    note({}, "SSL_CTX_new failed: " + take_errors().reason, "check the system's openssl.cnf", true);
    return {.context = nullptr, .complaints = std::move(complaints_)};
  }
  base_settings();
  ciphers();
  key_pairs();
  named_pairs();
  add(load_trust(ssl(), options_));
  add(load_revocation(ssl(), options_));
  dh_parameters();
  (void)take_errors();
  Made made;
  if (!failed()) made.context = std::make_shared<const Context>(std::move(core_));
  made.complaints = std::move(complaints_);
  return made;
}

}  // namespace

Context::Context(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Context::~Context() = default;
Role Context::role() const { return core_->role; }

Made make_context(const Options& options) { return Maker(options).make(); }

}  // namespace signet::tls
