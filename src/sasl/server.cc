#include "signet/sasl/server.h"

#include <algorithm>
#include <array>

#include "sasl/cyrus.h"
#include "signet/base/text.h"

namespace signet::sasl {
namespace {

constexpr std::size_t kMaxResponse = 12288;  // RFC 4954 §4 allows so much in base64
constexpr std::size_t kMaxText = 1000;       // where there are names and digests only

// What Cyrus may be given. It loses the memory of a name above 1024 bytes. Its LOGIN loses that of
// the password when the name is blank, and reads up to the first NUL although it is told the
// length.
bool fits(const std::string& mechanism, std::string_view response) {
  if (response.size() > kMaxResponse) return false;
  if (mechanism == "PLAIN") {
    return std::ranges::all_of(split(response, '\0'),
                               [](std::string_view part) { return part.size() <= kMaxText; });
  }
  if (mechanism == "LOGIN" &&
      (response.find('\0') != std::string_view::npos || trim(response).empty())) {
    return false;
  }
  const bool text = mechanism == "LOGIN" || mechanism == "CRAM-MD5" || mechanism == "DIGEST-MD5" ||
                    mechanism == "EXTERNAL" || mechanism.starts_with("SCRAM-");
  return !text || response.size() <= kMaxText;
}

Step malformed(std::string reason) {
  Step step;
  step.state = Step::State::malformed;
  step.sasl_code = SASL_BADPROT;
  step.reason = std::move(reason);
  return step;
}

std::vector<std::string> upper_words(const char* text) {
  std::vector<std::string> names;
  for (const auto word : words(text != nullptr ? text : "")) names.push_back(to_upper(word));
  return names;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

struct ServerExchange::Core {
  // Cyrus must not be called in any other order: it would not survive it.
  enum class At {
    start,
    response,  // a challenge is out
    end,
  };
  [[nodiscard]] Step judge(int code, const char* out, unsigned out_size);
  [[nodiscard]] std::string property(int which) const;

  ServerOptions options;
  std::string mechanism;
  std::string trouble;  // the last error that Cyrus or a plugin would have logged
  std::array<sasl_callback_t, 2> callbacks{};
  At at = At::start;
  ConnectionHandle connection;  // uses the members above to its end
};

namespace {

// What a plugin knows of a broken sasldb or saslauthd comes this way only.
int keep_error(void* context, int level, const char* text) noexcept {
  if (level == SASL_LOG_ERR && text != nullptr) {
    static_cast<ServerExchange::Core*>(context)->trouble = printable(trim(text));
  }
  return SASL_OK;
}

}  // namespace

ServerExchange::ServerExchange(std::unique_ptr<Core> core) : core_(std::move(core)) {}
ServerExchange::~ServerExchange() = default;

Result<std::unique_ptr<ServerExchange>> ServerExchange::make(Library&,
                                                             const ServerOptions& options) {
  auto core = std::make_unique<Core>();
  core->options = options;
  core->callbacks = {sasl_callback_t{SASL_CB_LOG, as_callback(&keep_error), core.get()},
                     sasl_callback_t{SASL_CB_LIST_END, nullptr, nullptr}};
  // As sendmail does: the realm stands for the host, so that users without one are looked up there
  // and keep their plain name.
  const std::string& realm = options.realm.empty() ? options.host : options.realm;
  sasl_conn_t* made = nullptr;
  int code =
      sasl_server_new(kService, realm.c_str(), nullptr,
                      options.local_address.empty() ? nullptr : options.local_address.c_str(),
                      options.remote_address.empty() ? nullptr : options.remote_address.c_str(),
                      core->callbacks.data(), 0, &made);
  if (code != SASL_OK) {
    return temporary(std::string("sasl_server_new: ") + sasl_errstring(code, nullptr, nullptr));
  }
  core->connection.reset(made);
  auto wanted = properties(options.security, options.tls_active);
  code = sasl_setprop(made, SASL_SEC_PROPS, &wanted);
  if (code == SASL_OK) code = set_external(made, options.tls_bits, options.external_id);
  if (code != SASL_OK) return temporary("sasl_setprop: " + error_words(made, code));
  return std::unique_ptr<ServerExchange>(new ServerExchange(std::move(core)));
}

std::string ServerExchange::Core::property(int which) const {
  const void* value = nullptr;
  if (sasl_getprop(connection.get(), which, &value) != SASL_OK || value == nullptr) return {};
  return static_cast<const char*>(value);
}

Step ServerExchange::Core::judge(int code, const char* out, unsigned out_size) {
  Step step;
  step.sasl_code = code;
  // Otherwise `out` may point to what is freed already.
  const bool heard = code == SASL_CONTINUE || code == SASL_OK;
  if (heard && out != nullptr) step.bytes.assign(out, out_size);
  at = code == SASL_CONTINUE ? At::response : At::end;
  switch (code) {
    case SASL_CONTINUE:
      step.state = Step::State::challenge;
      return step;
    case SASL_OK: {
      step.state = Step::State::done;
      step.user = property(SASL_AUTHUSER);
      step.author = property(SASL_USERNAME);
      if (step.user.empty()) step.user = step.author;
      return step;
    }
    case SASL_NOMECH:
      step.state = Step::State::no_mechanism;
      break;
    case SASL_BADPROT:
      step.state = Step::State::malformed;
      break;
    case SASL_FAIL:
    case SASL_NOMEM:
    case SASL_TRYAGAIN:
    case SASL_UNAVAIL:
    case SASL_CONFIGERR:
      step.state = Step::State::temporary;
      break;
    default:
      step.state = Step::State::refused;
      break;
  }
  step.reason = error_words(connection.get(), code);
  if (step.state == Step::State::temporary && !trouble.empty()) step.reason += ": " + trouble;
  step.user_tried = property(SASL_AUTHUSER);
  if (step.user_tried.empty()) step.user_tried = property(SASL_USERNAME);
  // Before anyone was looked up it can only be the client that failed.
  if (code == SASL_FAIL && step.user_tried.empty()) step.state = Step::State::refused;
  return step;
}

Step ServerExchange::start(const std::string& mechanism, std::optional<std::string_view> initial) {
  const std::string name = to_upper(mechanism);
  Step refused;
  refused.state = Step::State::no_mechanism;
  refused.sasl_code = SASL_NOMECH;
  if (core_->at != Core::At::start) return malformed("started twice");
  core_->at = Core::At::end;
  if (!contains(core_->options.mechanisms, name)) return refused;
  if (name == "EXTERNAL" && core_->options.external_id.empty()) return refused;
  if (initial && !fits(name, *initial)) return malformed("bad initial response");
  core_->mechanism = name;
  // To Cyrus no bytes at all are an absent response, also when there are none of them.
  const char* in = initial && initial->empty() ? "" : initial ? initial->data() : nullptr;
  const char* out = nullptr;
  unsigned out_size = 0;
  const int code =
      sasl_server_start(core_->connection.get(), name.c_str(), in,
                        initial ? static_cast<unsigned>(initial->size()) : 0, &out, &out_size);
  Step step = core_->judge(code, out, out_size);
  // What the security flags forbid is not offered either.
  const bool forbidden = code == SASL_ENCRYPT || code == SASL_TOOWEAK;
  if (forbidden) step.state = Step::State::no_mechanism;
  return step;
}

Step ServerExchange::step(std::string_view response) {
  if (core_->at != Core::At::response) return malformed("no challenge is open");
  core_->at = Core::At::end;
  if (!fits(core_->mechanism, response)) return malformed("bad response");
  const char* out = nullptr;
  unsigned out_size = 0;
  const int code = sasl_server_step(core_->connection.get(), response.data(),
                                    static_cast<unsigned>(response.size()), &out, &out_size);
  return core_->judge(code, out, out_size);
}

Result<std::vector<std::string>> offered(Library& library, const ServerOptions& options) {
  auto exchange = ServerExchange::make(library, options);
  if (!exchange) return std::unexpected(std::move(exchange).error());
  const char* list = nullptr;
  const int code = sasl_listmech((*exchange)->core_->connection.get(), nullptr, "", " ", "", &list,
                                 nullptr, nullptr);
  std::vector<std::string> names;
  if (code == SASL_NOMECH) return names;
  if (code != SASL_OK)
    return permanent(std::string("no mechanisms: ") + sasl_errstring(code, nullptr, nullptr));
  for (auto& name : upper_words(list)) {
    if (!contains(options.mechanisms, name)) continue;
    if (name == "EXTERNAL" && options.external_id.empty()) continue;
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace signet::sasl
