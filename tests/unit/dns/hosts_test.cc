#include "dns/hosts.h"

#include <gtest/gtest.h>

#include "support/temporary_directory.h"

namespace signet::dns {
namespace {

TEST(Hosts, ReadsNamesAndAddressesBothWays) {
  const test::TemporaryDirectory folder;
  const Hosts hosts(folder.write("hosts",
                                 "# comment\n"
                                 "127.0.0.1\tlocalhost\n"
                                 "192.0.2.1  Mail.example mail # the mail host\n"
                                 "192.0.2.2 mail.example.\n"
                                 "::1 localhost ip6-localhost\r\n"
                                 "not-an-address x\n"
                                 "192.0.2.9\n"
                                 "\n"
                                 "192.0.2.3 last"));
  const auto ip = [](const char* text) { return IpAddress::parse(text).value(); };
  using Ips = std::vector<IpAddress>;
  using Names = std::vector<std::string>;
  EXPECT_EQ(hosts.addresses("mail.EXAMPLE."), (Ips{ip("192.0.2.1"), ip("192.0.2.2")}));
  EXPECT_EQ(hosts.addresses("localhost"), (Ips{ip("127.0.0.1"), ip("::1")}));
  EXPECT_EQ(hosts.addresses("last"), (Ips{ip("192.0.2.3")}));
  EXPECT_EQ(hosts.addresses("x"), Ips{});
  EXPECT_EQ(hosts.names(ip("192.0.2.1")), (Names{"mail.example", "mail"}));
  EXPECT_EQ(hosts.names(ip("::1")), (Names{"localhost", "ip6-localhost"}));
  EXPECT_EQ(hosts.names(ip("192.0.2.9")), Names{});
}

TEST(Hosts, AreEmptyWithoutAFile) {
  EXPECT_TRUE(Hosts("/nonexistent/hosts").addresses("localhost").empty());
  EXPECT_TRUE(Hosts("").addresses("localhost").empty());
}

}  // namespace
}  // namespace signet::dns
