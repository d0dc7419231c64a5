// sendmail -bt: the decisions that go by the names of rulesets, "check_rcpt ADDRESS" and the like.
// Who client and server are is what macros say.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "command/checks.h"
#include "command/definitions.h"
#include "command/inquiry.h"
#include "signet/policy/tls.h"

namespace signet::command {

class NamedChecks final {
 public:
  using Say = std::function<void(std::string_view)>;
  // What is defined later does not count. `site` and `inquiry` outlive this.
  NamedChecks(const daemon::Site& site, Inquiry& inquiry, const Definitions& definitions, Say say);

  // Says what is decided, or that there is no such decision.
  void ask(std::string_view name, std::string_view input);

 private:
  struct Named;  // a row of the table
  static const Named* find(std::string_view name);

  void canonify(std::string_view name, std::string_view input);
  void check_relay(std::string_view name, std::string_view input);
  void check_mail(std::string_view name, std::string_view input);
  void check_rcpt(std::string_view name, std::string_view input);
  void check_compat(std::string_view name, std::string_view input);
  void tls_client(std::string_view name, std::string_view input);
  void tls_server(std::string_view name, std::string_view input);
  void tls_rcpt(std::string_view name, std::string_view input);
  void try_tls(std::string_view name, std::string_view input);
  void srv_features(std::string_view name, std::string_view input);
  // "check_message_id <a@b>": HEADER_CHECK of that field.
  void check_header(std::string_view name, std::string_view input);

  [[nodiscard]] Checks checks_of(ClientFacts client);
  void say_result(std::string_view name, std::string_view input, std::string_view returns);
  void say_verdict(std::string_view name, std::string_view input, const policy::Verdict& verdict);

  Inquiry& inquiry_;
  const policy::Access access_;
  const policy::SiteOptions options_;
  const ClientFacts client_;
  const std::string server_name_;
  const policy::TlsPeer server_;
  Say say_;
};

}  // namespace signet::command
