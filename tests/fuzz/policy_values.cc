// Anything an administrator may write on the right-hand side of a map: it is read without harm, and
// whatever it says a refusal stays a refusal.
#include <cstdint>

#include "policy/next_hop.h"
#include "policy/value.h"
#include "signet/base/check.h"
#include "signet/policy/tls.h"
#include "support/fake_table.h"

namespace signet::policy {
namespace {

void check_refusal(const mail::Reply& reply) {
  SIGNET_CHECK(reply.code >= 400 && reply.code < 600);
  SIGNET_CHECK(reply.enhanced.starts_with('4') || reply.enhanced.starts_with('5'));
  SIGNET_CHECK(reply.wire().ends_with("\r\n"));
}

void read(std::string_view text) {
  const Value value = parse_value(text);
  if (value.kind == Value::Kind::error) check_refusal(value.reply);

  const auto parsed = parse_tls_requirement(text);
  const auto& requirement = parsed.requirement;
  SIGNET_CHECK(requirement.bits >= 0);
  SIGNET_CHECK(requirement.demand != TlsRequirement::Demand::none ||
               requirement.extensions.empty());

  if (const auto hops = parse_hops(text, 25)) {
    for (const auto& hop : *hops) SIGNET_CHECK(!hop.host.empty() && hop.port != 0);
  }

  const test::FakeTable map{{"AuthInfo:", text}, {".", text}};
  (void)find_auth_info({&map, {}}, nullptr, "mx.test", {});
  RouteOptions options;
  options.mailertable = &map;
  options.smart_host = std::string(text);
  const auto found = route(options, "u@a.test");
  SIGNET_CHECK(found.has_value());
  if (found->kind == Route::Kind::error) check_refusal(found->error);
  if (found->kind == Route::Kind::remote) SIGNET_CHECK(!found->hops.empty());
}

}  // namespace
}  // namespace signet::policy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  signet::policy::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
