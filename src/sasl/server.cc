#include "signet/sasl/server.h"

#include <algorithm>

#include "sasl/cyrus.h"
#include "signet/base/text.h"

namespace signet::sasl {
namespace {

constexpr const char* kService = "smtp";

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
  [[nodiscard]] Step judge(int code, const char* out, unsigned out_size);
  [[nodiscard]] std::string property(int which) const;

  ServerOptions options;
  ConnectionHandle connection;
};

ServerExchange::ServerExchange(std::unique_ptr<Core> core) : core_(std::move(core)) {}
ServerExchange::~ServerExchange() = default;

Result<std::unique_ptr<ServerExchange>> ServerExchange::make(Library&,
                                                             const ServerOptions& options) {
  auto core = std::make_unique<Core>();
  core->options = options;
  const std::string& realm = options.realm.empty() ? options.host : options.realm;
  sasl_conn_t* made = nullptr;
  int code = sasl_server_new(
      kService, options.host.c_str(), realm.c_str(),
      options.local_address.empty() ? nullptr : options.local_address.c_str(),
      options.remote_address.empty() ? nullptr : options.remote_address.c_str(), nullptr, 0, &made);
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
  if (out != nullptr) step.bytes.assign(out, out_size);
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
  step.user_tried = property(SASL_AUTHUSER);
  if (step.user_tried.empty()) step.user_tried = property(SASL_USERNAME);
  return step;
}

Step ServerExchange::start(const std::string& mechanism, std::optional<std::string_view> initial) {
  const std::string name = to_upper(mechanism);
  Step refused;
  refused.state = Step::State::no_mechanism;
  refused.sasl_code = SASL_NOMECH;
  if (!contains(core_->options.mechanisms, name)) return refused;
  if (name == "EXTERNAL" && core_->options.external_id.empty()) return refused;
  const char* out = nullptr;
  unsigned out_size = 0;
  const int code =
      sasl_server_start(core_->connection.get(), name.c_str(), initial ? initial->data() : nullptr,
                        initial ? static_cast<unsigned>(initial->size()) : 0, &out, &out_size);
  return core_->judge(code, out, out_size);
}

Step ServerExchange::step(std::string_view response) {
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
