#include "signet/conf/map_spec.h"

#include <gtest/gtest.h>

#include "signet/conf/alias_files.h"
#include "signet/conf/load.h"

namespace signet::conf {
namespace {

MapSpec spec_of(std::string_view text) {
  auto spec = parse_map_spec(text);
  EXPECT_TRUE(spec) << text << ": " << spec.error();
  return spec ? *spec : MapSpec();
}

TEST(AliasFiles, ArePartedAtCommasOutsideOfQuotes) {
  const auto maps = parse_alias_files(
      "/etc/aliases, hash:-o -f /etc/a, -o btree:/etc/b,implicit:/etc/c, text:-z: -v1 /etc/d, "
      "ldap:-k \"(mail=%0)\" -v \"a,b\", ldap:, regex:-aroot ^r.*$, sequence:one two, "
      "socket:unix:/run/map, null:");
  ASSERT_TRUE(maps) << maps.error();
  ASSERT_EQ(maps->size(), 11U);
  const auto& all = *maps;
  EXPECT_TRUE(all[0].type == "hash" && all[0].file == "/etc/aliases" && !all[0].optional);
  EXPECT_TRUE(all[1].file == "/etc/a" && all[1].optional && all[1].keep_case);
  EXPECT_TRUE(all[2].type == "btree" && all[2].file == "/etc/b" && all[2].optional);
  EXPECT_TRUE(all[3].type == "hash" && all[3].file == "/etc/c");
  EXPECT_TRUE(all[4].type == "text" && all[4].delimiter == ":" && all[4].value_column == 1);
  EXPECT_TRUE(all[5].ldap.filter == "(mail=%0)" && all[5].ldap.attributes.size() == 2);
  EXPECT_EQ(all[5].delimiter, ",");  // each value is a member
  EXPECT_EQ(all[6].ldap.attributes.front().name, "sendmailMTAAliasValue");
  EXPECT_EQ(all[6].ldap.attributes.size(), 3U);
  EXPECT_TRUE(all[7].file == "^r.*$" && all[7].append == "root");
  EXPECT_EQ(all[8].members, (std::vector<std::string>{"one", "two"}));
  EXPECT_TRUE(all[9].file == "unix:/run/map" && all[9].name == "Alias9");
  EXPECT_EQ(all[10].type, "null");
  EXPECT_TRUE(parse_alias_files("")->empty());
}

TEST(AliasFiles, ThatAreNoneAreNamed) {
  const std::pair<const char*, const char*> bad[] = {
      {"aliases", "\"aliases\": it names no file with its path"},
      {"/etc/a, nis:aliases", "\"nis:aliases\": map type nis is not supported"},
      {"program:/bin/x", "no program is run"},
      {"ldap:-b dc=a,dc=b -k (x)", "\"dc=b -k (x)\":"},
      {"hash:", "the map has no file"}};
  for (const auto& [text, why] : bad) {
    const auto maps = parse_alias_files(text);
    ASSERT_FALSE(maps) << text;
    EXPECT_NE(maps.error().find(why), std::string::npos) << maps.error();
  }
}

TEST(MapSpec, ReadsFlagsAsSendmailDoes) {
  const auto hash = spec_of("hash -o -T<TMPF> -t -a.x -f -m -N -O /etc/mail/access");
  EXPECT_EQ(hash.file, "/etc/mail/access");
  EXPECT_EQ(hash.on_temporary, "<TMPF>");
  EXPECT_EQ(hash.append, ".x");
  EXPECT_TRUE(hash.optional && hash.failure_is_none && hash.keep_case && hash.match_only);

  const auto text = spec_of("text -k 1 -v0 -z: /etc/passwd");
  EXPECT_EQ(text.key_column, 1);
  EXPECT_EQ(text.value_column, 0);
  EXPECT_EQ(text.delimiter, ":");
  EXPECT_EQ(spec_of("text -z\\t /x").delimiter, "\t");

  const auto regex = spec_of("regex -n -b -s1,2 -d: -aREJECT ^a b$");
  EXPECT_EQ(regex.file, "^a b$");
  EXPECT_TRUE(regex.no_match && regex.basic && regex.takes_parts);
  EXPECT_EQ(regex.parts, (std::vector<int>{1, 2}));
  EXPECT_EQ(regex.joint, ":");
  EXPECT_EQ(regex.append, "REJECT");

  EXPECT_EQ(spec_of("sequence one two").members, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(spec_of("null").type, "null");
  const auto socket = spec_of("socket -d2s -T<TMPF> inet:5461@127.0.0.1");
  EXPECT_EQ(socket.file, "inet:5461@127.0.0.1");
  EXPECT_EQ(socket.timeout, std::chrono::seconds(2));
  EXPECT_EQ(spec_of("socket unix:/run/map").file, "unix:/run/map");
  const auto dns = spec_of("dns -R mx -B .map.example -d2 -r 3 -z, -Z5 -a. -T<TMPF>");
  EXPECT_EQ(dns.record_type, "MX");
  EXPECT_EQ(dns.domain, "map.example");
  EXPECT_EQ(dns.timeout, std::chrono::seconds(2));
  EXPECT_EQ(dns.tries, 3);
  EXPECT_EQ(dns.delimiter, ",");
  EXPECT_EQ(dns.most_values, 5U);
}

TEST(MapSpec, ReadsFlagsOfLdap) {
  using Use = LdapSpec::Use;
  const auto map = spec_of(
      "ldap -1 -T<TMPF> -h\"one.example two.example:3890\" -p 389 -b \"ou=people, o=x\" -s one -r "
      "always"
      " -v mail,member:DN:groupOfNames|posixGroup,other:FILTER,more:URL:c -k (&(a=b)(mail=%0))"
      " -d cn=me -P /etc/secret -M LDAP_AUTH_SIMPLE -l 7 -Z20 -R -V= -z, -w 3 -m");
  EXPECT_EQ(map.ldap.servers(), "ldap://one.example:389 ldap://two.example:3890");
  EXPECT_EQ(map.ldap.base, "ou=people, o=x");
  EXPECT_EQ(map.ldap.filter, "(&(a=b)(mail=%0))");
  EXPECT_EQ(map.ldap.scope, LdapSpec::Scope::one);
  EXPECT_EQ(map.ldap.dereference, LdapSpec::Dereference::always);
  const std::vector<LdapSpec::Attribute> want{{"mail", Use::value, {}},
                                              {"member", Use::dn, {"groupOfNames", "posixGroup"}},
                                              {"other", Use::filter, {}},
                                              {"more", Use::url, {"c"}}};
  EXPECT_EQ(map.ldap.attributes, want);
  EXPECT_EQ(map.ldap.bind_dn, "cn=me");
  EXPECT_EQ(map.ldap.secret_file, "/etc/secret");
  EXPECT_EQ(map.ldap.time_limit, std::chrono::seconds(7));
  EXPECT_EQ(map.ldap.most_entries, 20U);
  EXPECT_EQ(map.ldap.separator, "=");
  EXPECT_TRUE(map.ldap.no_referrals && map.ldap.single && map.match_only);
  EXPECT_EQ(map.delimiter, ",");
  EXPECT_EQ(map.on_temporary, "<TMPF>");
}

TEST(MapSpec, SaysWhatIsWrong) {
  const struct {
    std::string_view text;
    std::string_view why;
  } cases[] = {
      {"", "no map"},
      {"hsah /x", "did you mean hash"},
      {"dbm /x", "makemap hash"},
      {"ldapx -k (x)", "ldap now"},
      {"ldap -k (x) y", "unexpected y"},
      {"ldap -k", "-k wants a value"},
      {"ldap -H http://x -k (x)", "no ldap://"},
      {"ldap -p 70000 -k (x)", "-p: 70000"},
      {"ldap -s tree -k (x)", "-s: tree: there are base one sub"},
      {"ldap -r -k (x)", "-r: -k: there are"},
      {"ldap -w 2 -k (x)", "version 3"},
      {"ldap -v a:b -k (x)", "-v: b: there are normal dn filter url"},
      {"ldap -v ,a -k (x)", "names of attributes"},
      {"ldap -l 61 -k (x)", "-l: 61"},
      {"ldap -M krbv4 -k (x)", "-M: krbv4"},
      {"ldap -n -k (x)", "unknown map flag -n"},
      {"user -m -a<> passwd", "text -k0 -z: /etc/passwd"},
      {"host -m", "dns -R CNAME"},
      {"arith", "only rewriting rules"},
      {"hash", "no file"},
      {"hash -o", "no file"},
      {"hash -X /x", "unknown map flag -X"},
      {"hash - /x", "a letter"},
      {"hash /x /y", "unexpected /y"},
      {"text -k x /y", "small number"},
      {"regex -s1,x a", "-s wants"},
      {"regex -s10 a", "-s wants"},
      {"regex -aX", "no expression"},
      {"sequence", "names of maps"},
      {"sequence -o a", "no flags"},
      {"socket /x", "inet:PORT@HOST"},
      {"socket inet:25", "PORT@HOST"},
      {"socket inet:0@localhost", "PORT@HOST"},
      {"socket unix:x", "begins with /"},
      {"socket -dx unix:/x", "a time"},
      {"dns", "-R MX"},
      {"dns -R HINFO", "types of records are"},
      {"dns -R MX -r0", "-r wants"},
      {"dns -R MX -Z101", "-Z wants"},
      {"dns -R MX -B", "-B wants"},
      {"dns -R MX example.org", "unexpected example.org"},
  };
  for (const auto& one : cases) {
    const auto spec = parse_map_spec(one.text);
    ASSERT_FALSE(spec) << one.text;
    EXPECT_NE(spec.error().find(one.why), std::string::npos) << one.text << ": " << spec.error();
  }
}

TEST(MapSpec, NamesFlagsThatHaveNoEffect) {
  std::vector<std::string> remarks;
  ASSERT_TRUE(parse_map_spec("hash -q -D -S. -A -d5 -k1 /x", &remarks));
  EXPECT_EQ(remarks.size(), 6U);
}

Result<Loaded> load_lines(const std::string& lines) {
  return parse("V10/Berkeley\nMlocal, P=x\n" + lines, "test.cf");
}

TEST(MapSpec, JoinsTheMapsOfASequence) {
  const auto loaded = load_lines(
      "D{dir}/etc/mail\n"
      "Kours hash -o ${dir}/ours\n"
      "Kbad regex -aREJECT ^spam$\n"
      "Kboth sequence ours bad\n"
      "Kidle null\n"
      "U access_db\tsequence both bad\n"
      "Kaccess sequence both bad\n");
  ASSERT_TRUE(loaded) << loaded.error().what;
  const auto& map = *loaded->config.feature("access_db")->map;
  ASSERT_EQ(map.maps.size(), 2U);
  ASSERT_EQ(map.maps[0].maps.size(), 2U);
  EXPECT_EQ(map.maps[0].maps[0].file, "/etc/mail/ours");
  EXPECT_EQ(map.maps[1].append, "REJECT");
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_NE(loaded->warnings[0].text.find("map idle"), std::string::npos);
}

// The server on the other side is asked for the map by its name.
TEST(MapSpec, GivesSocketMapsTheNamesOfTheirLines) {
  const std::string spec = "socket inet:1@127.0.0.1";
  const auto loaded = load_lines(
      "U access_db\t" + spec + "\nKaccess " + spec + "\nU virtusertable\t" + spec + "\nKvirtuser " +
      spec + "\nKfar " + spec + "\nU mailertable\tsequence far\nKmailertable sequence far\n");
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->config.feature("access_db")->map->name, "access");
  EXPECT_EQ(loaded->config.feature("virtusertable")->map->name, "virtuser");
  EXPECT_EQ(loaded->config.feature("mailertable")->map->maps.at(0).name, "far");
  EXPECT_TRUE(loaded->warnings.empty());
}

// LDAPDefaultSpec may stand behind the maps; macros are left for the host that asks.
TEST(MapSpec, CompletesLdapMaps) {
  const auto loaded = load_lines(
      "U virtusertable\tldap -k (k=%0$j) -b o=own\nKvirtuser ldap -k (k=%0$j) -b o=own\n"
      "Kfar ldap -k (far=%0) -H ldapi:///\nU mailertable\tsequence far\nKmailertable sequence far\n"
      "O LDAPDefaultSpec=-h ldap.example -b \"o=all of us\" -d cn=x -P /s -l 3\n");
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_TRUE(loaded->warnings.empty());
  const auto& own = loaded->config.feature("virtusertable")->map->ldap;
  EXPECT_EQ(own.servers(), "ldap://ldap.example");
  EXPECT_EQ(own.base, "o=own");
  EXPECT_EQ(own.filter, "(k=%0$j)");
  EXPECT_EQ(own.time_limit, std::chrono::seconds(3));
  const auto& far = loaded->config.feature("mailertable")->map->maps.at(0).ldap;
  EXPECT_EQ(far.servers(), "ldapi:///");
  EXPECT_EQ(far.base, "o=all of us");
  EXPECT_EQ(far.secret_file, "/s");
}

TEST(MapSpec, RefusesLdapMapsThatAreNotWhole) {
  const struct {
    std::string lines;
    std::string_view why;
  } cases[] = {
      {"Kx ldap -v mail\n", "wants -k and a filter"},
      {"Kx ldap -k (x) -d cn=x\n", "-P names its file"},
      {"O LDAPDefaultSpec=-h\n", "-h wants a value"},
      {"O LDAPDefaultSpec=host\n", "host is no flag"},
      {"O LDAPDefaultSpec=-x\n", "-x is no flag of LDAP"},
  };
  for (const auto& one : cases) {
    const auto loaded = load_lines(one.lines);
    ASSERT_FALSE(loaded) << one.lines;
    EXPECT_NE(loaded.error().what.find(one.why), std::string::npos) << loaded.error().what;
  }
  EXPECT_TRUE(load_lines("Kx ldap -k (x) -d cn=x -M none\n"));
}

TEST(MapSpec, RefusesSequencesThatLeadNowhere) {
  const struct {
    std::string lines;
    std::string_view why;
  } cases[] = {
      {"U access_db\tsequence nul\nKnull null\n", "there is no K line of a map nul, did you mean"},
      {"Ka sequence b\nKb sequence a\nU access_db\tsequence a\n", "leads back to itself"},
  };
  for (const auto& one : cases) {
    const auto loaded = load_lines(one.lines);
    ASSERT_FALSE(loaded) << one.lines;
    EXPECT_NE(loaded.error().what.find(one.why), std::string::npos) << loaded.error().what;
  }
  // Each level names the one below ten times: no such tree is built.
  std::string lines = "Kl0 null\n";
  for (int level = 1; level < 9; ++level) {
    lines += "Kl" + std::to_string(level) + " sequence";
    for (int i = 0; i < 10; ++i) lines += " l" + std::to_string(level - 1);
    lines += "\n";
  }
  const auto loaded = load_lines(lines + "U access_db\tsequence l8\n");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().what.find("too many maps"), std::string::npos);
}

TEST(MapSpec, ClassFilesAreFiles) {
  for (const std::string line : {"F{w}|/bin/echo x\n", "F{w}@ldap\n", "F{w}-k (x) -v y @ldap:x\n",
                                 "F{w}/nowhere %d\n", "F{w}-o\n"}) {
    EXPECT_FALSE(load_lines(line)) << line;
  }
  EXPECT_TRUE(load_lines("F{w}-o /nowhere %s\nF{w}-o /nowhere %[^\\#]\n"));
}

TEST(ClassMaps, AreReadByWhoeverStarts) {
  const auto loaded = load_lines(
      "F{VirtHost}@LDAP\nFw-o key@hash:/etc/mail/classes\nCR$={VirtHost}\nKone null\n"
      "F{M} -o @sequence:one\nF{P}@null:\n"
      "O LDAPDefaultSpec=-h ldap.example -b dc=example\nO AliasFile=sequence:one\n");
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_TRUE(loaded->warnings.empty()) << loaded->warnings.front().to_string();
  const auto& maps = loaded->config.class_maps;
  ASSERT_EQ(maps.size(), 4U);
  EXPECT_EQ(maps[0].classes, (std::vector<std::string>{"VirtHost", "R"}));
  EXPECT_TRUE(maps[0].spec.ldap.filter->contains("(sendmailMTAClassName=VirtHost)("));
  EXPECT_TRUE(maps[0].spec.ldap.filter->contains("(sendmailMTACluster=${sendmailMTACluster})"));
  EXPECT_EQ(maps[0].spec.ldap.servers(), "ldap://ldap.example");
  EXPECT_EQ(maps[0].spec.delimiter, "\n");
  EXPECT_TRUE(maps[0].key.empty() && !maps[0].optional && maps[0].at.line > 0);
  EXPECT_TRUE(maps[1].key == "key" && maps[1].optional && maps[1].spec.type == "hash");
  EXPECT_EQ(maps[2].spec.maps.size(), 1U);
  EXPECT_EQ(loaded->config.aliases.front().maps.size(), 1U);
  EXPECT_FALSE(load_lines("O AliasFile=sequence:none\n"));
}

TEST(LdapSpec, EncryptsWhatCanBeEncrypted) {
  const auto map = spec_of("ldap -k (x) -H ldap://one.example -e starttls -C /etc/ca.pem").ldap;
  EXPECT_TRUE(map.start_tls.value_or(false));
  EXPECT_EQ(map.ca_file, "/etc/ca.pem");
  EXPECT_FALSE(parse_map_spec("ldap -k (x) -e tls"));
  EXPECT_FALSE(load_lines("Kx ldap -k (x) -H ldaps://one.example -e starttls\n"));
  const auto loaded = load_lines(
      "O LDAPDefaultSpec=-e starttls -C /ca -h one.example\nKx null\n"
      "U access_db\tldap -k (x)\nU mailertable\tldap -e none -H ldapi:/// -k (y)\n");
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_TRUE(loaded->config.feature("access_db")->map->ldap.start_tls.value_or(false));
  EXPECT_FALSE(loaded->config.feature("mailertable")->map->ldap.start_tls.value_or(true));
}

}  // namespace
}  // namespace signet::conf
