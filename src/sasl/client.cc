#include "signet/sasl/client.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "sasl/cyrus.h"
#include "signet/base/text.h"

namespace signet::sasl {
namespace {

constexpr std::size_t kMaxChallenge = 12288;     // RFC 4954 §4 allows so much in base64
constexpr std::uint64_t kMaxRounds = 1'000'000;  // about a second; RFC 7677 §4 wants 4096 or more

// SCRAM lets the server say how long we compute ("i=4096", RFC 5802 §5.1).
bool asks_too_much(std::string_view mechanism, std::string_view challenge) {
  if (!mechanism.starts_with("SCRAM-")) return false;
  for (const auto part : split(challenge, ',')) {
    if (!part.starts_with("i=")) continue;
    const auto rounds = parse_number(part.substr(2));
    if (!rounds || *rounds > kMaxRounds) return true;
  }
  return false;
}

ClientStep failed(std::string reason) {
  ClientStep step;
  step.reason = std::move(reason);
  return step;
}

struct SecretFree {
  void operator()(sasl_secret_t* secret) const {
    explicit_bzero(secret, sizeof(sasl_secret_t) + secret->len);
    ::operator delete(secret);
  }
};
using SecretHandle = std::unique_ptr<sasl_secret_t, SecretFree>;

// sasl_secret_t ends in an array of the password's size.
SecretHandle to_cyrus(const Secret& password) {
  const auto text = password.reveal();
  auto* secret = static_cast<sasl_secret_t*>(::operator new(sizeof(sasl_secret_t) + text.size()));
  secret->len = text.size();
  std::memcpy(reinterpret_cast<char*>(secret) + offsetof(sasl_secret_t, data), text.data(),
              text.size());
  reinterpret_cast<char*>(secret)[offsetof(sasl_secret_t, data) + text.size()] = '\0';
  return SecretHandle(secret);
}

// The reading of SASL_CB_USER and friends: everything is known beforehand.
struct Credentials {
  std::string user;
  std::string authid;
  std::string realm;
  SecretHandle password;
};

int give_name(void* context, int id, const char** result, unsigned* size) noexcept {
  const auto* known = static_cast<const Credentials*>(context);
  const std::string& name = id == SASL_CB_USER ? known->user : known->authid;
  *result = name.c_str();
  if (size != nullptr) *size = static_cast<unsigned>(name.size());
  return SASL_OK;
}

int give_password(sasl_conn_t*, void* context, int, sasl_secret_t** secret) noexcept {
  *secret = static_cast<const Credentials*>(context)->password.get();
  return SASL_OK;
}

int give_realm(void* context, int, const char** offered, const char** result) noexcept {
  const auto* known = static_cast<const Credentials*>(context);
  if (!known->realm.empty()) {
    *result = known->realm.c_str();
  } else {
    *result = offered != nullptr && offered[0] != nullptr ? offered[0] : "";
  }
  return SASL_OK;
}

}  // namespace

struct ClientExchange::Core {
  Credentials credentials;
  std::array<sasl_callback_t, 5> callbacks{};
  bool external = false;  // there is an identity for EXTERNAL
  std::string mechanism;  // chosen; empty: Cyrus must not be asked for a step
  ConnectionHandle connection;
};

ClientExchange::ClientExchange(std::unique_ptr<Core> core) : core_(std::move(core)) {}
ClientExchange::~ClientExchange() = default;

Result<std::unique_ptr<ClientExchange>> ClientExchange::make(Library&,
                                                             const ClientOptions& options) {
  auto core = std::make_unique<Core>();
  Credentials& known = core->credentials;
  core->external = !options.external_id.empty();
  known.authid = options.authid.empty() ? options.user : options.authid;
  // An authorisation id equal to the authentication id is left to the server to derive.
  known.user = options.user == known.authid ? std::string() : options.user;
  known.realm = options.realm;
  known.password = to_cyrus(options.password);
  core->callbacks = {sasl_callback_t{SASL_CB_USER, as_callback(&give_name), &known},
                     sasl_callback_t{SASL_CB_AUTHNAME, as_callback(&give_name), &known},
                     sasl_callback_t{SASL_CB_PASS, as_callback(&give_password), &known},
                     sasl_callback_t{SASL_CB_GETREALM, as_callback(&give_realm), &known},
                     sasl_callback_t{SASL_CB_LIST_END, nullptr, nullptr}};
  sasl_conn_t* made = nullptr;
  int code = sasl_client_new(kService, options.server.c_str(), nullptr, nullptr,
                             core->callbacks.data(), 0, &made);
  if (code != SASL_OK) {
    return temporary(std::string("sasl_client_new: ") + sasl_errstring(code, nullptr, nullptr));
  }
  core->connection.reset(made);
  auto wanted = properties(options.security, options.tls_active);
  code = sasl_setprop(made, SASL_SEC_PROPS, &wanted);
  if (code == SASL_OK) code = set_external(made, options.tls_bits, options.external_id);
  if (code != SASL_OK) return temporary("sasl_setprop: " + error_words(made, code));
  return std::unique_ptr<ClientExchange>(new ClientExchange(std::move(core)));
}

ClientStep ClientExchange::start(const std::vector<std::string>& mechanisms) {
  core_->mechanism.clear();
  std::string list;
  for (const auto& name : mechanisms) {
    if (name != "EXTERNAL" || core_->external) (list += name) += ' ';
  }
  const char* out = nullptr;
  const char* chosen = nullptr;
  unsigned size = 0;
  sasl_interact_t* prompt = nullptr;
  const int code =
      sasl_client_start(core_->connection.get(), list.c_str(), &prompt, &out, &size, &chosen);
  ClientStep step;
  if (chosen != nullptr) step.mechanism = chosen;
  if (code != SASL_OK && code != SASL_CONTINUE) {
    step.reason = error_words(core_->connection.get(), code);
    return step;
  }
  step.state = ClientStep::State::respond;
  core_->mechanism = step.mechanism;
  if (out != nullptr) step.bytes = std::string(out, size);
  return step;
}

ClientStep ClientExchange::step(std::string_view challenge) {
  if (core_->mechanism.empty()) return failed("no exchange is open");
  if (challenge.size() > kMaxChallenge) return failed("challenge too long");
  if (asks_too_much(core_->mechanism, challenge)) return failed("too many rounds asked for");
  const char* out = nullptr;
  unsigned size = 0;
  sasl_interact_t* prompt = nullptr;
  const int code = sasl_client_step(core_->connection.get(), challenge.data(),
                                    static_cast<unsigned>(challenge.size()), &prompt, &out, &size);
  ClientStep step;
  if (code != SASL_OK && code != SASL_CONTINUE) {
    core_->mechanism.clear();
    step.reason = error_words(core_->connection.get(), code);
    return step;
  }
  step.state = ClientStep::State::respond;
  step.bytes = std::string(out != nullptr ? out : "", out != nullptr ? size : 0);
  return step;
}

}  // namespace signet::sasl
