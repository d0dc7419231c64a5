// Anything that may stand in an alias file: it is read without harm, what is read as a member is
// one, and whatever the entries name, a search ends.
#include <cstdint>

#include "signet/base/check.h"
#include "signet/mail/address.h"
#include "signet/policy/alias_text.h"
#include "signet/policy/aliases.h"
#include "support/fake_table.h"

namespace signet::policy {
namespace {

void read(std::string_view text) {
  const auto map = std::make_shared<test::FakeTable>();
  const auto parsed =
      parse_alias_text(text, [](std::string_view domain) { return domain.size() % 2 == 0; });
  for (const auto& entry : parsed.entries) {
    SIGNET_CHECK(!entry.name.empty() && !entry.value.empty() && entry.line > 0);
    map->set(entry.name, entry.value);
  }
  if (const auto members = parse_alias_members(text)) {
    for (const auto& member : *members) {
      const bool address = member.kind == AliasMember::Kind::address;
      SIGNET_CHECK(!address || mail::parse_address(member.text));
    }
  }
  SiteOptions site;
  site.host = "mx.test";
  site.local_domains = {"mx.test"};
  const AliasMaps maps{map};
  AliasOptions options;
  options.virtual_users = {.site = &site, .virtusertable = nullptr, .mailertable = nullptr};
  options.maps = &maps;
  for (const auto& entry : parsed.entries) {
    const auto found = find_recipients(options, entry.name);
    SIGNET_CHECK(found.error || !found.members.empty());
    SIGNET_CHECK(found.members.size() <= kMostMembers);
  }
}

}  // namespace
}  // namespace signet::policy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  signet::policy::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
