// What an LDAP map asks its servers, as sendmail's flags say it: "-h ldap.example.org -b
// dc=example,dc=org -k (mail=%0) -v maildrop". What a map leaves open LDAPDefaultSpec says.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::conf {

struct LdapSpec {
  enum class Scope { base, one, subtree };
  enum class Dereference { never, searching, finding, always };
  enum class Use { value, dn, filter, url };  // of an attribute's values
  struct Attribute {
    std::string name;
    Use use = Use::value;
    std::vector<std::string> classes;  // of which entries; none: all
    bool operator==(const Attribute&) const = default;
  };
  std::optional<std::string> uri;          // -H
  std::optional<std::string> hosts;        // -h, blanks between
  std::optional<std::string> port;         // -p
  std::optional<std::string> base;         // -b
  std::optional<std::string> filter;       // -k
  std::vector<Attribute> attributes;       // -v
  std::optional<Scope> scope;              // -s
  std::optional<Dereference> dereference;  // -r
  std::optional<std::string> bind_dn;      // -d
  std::optional<std::string> secret_file;  // -P
  std::optional<bool> anonymous;           // -M none
  std::optional<std::string> separator;    // -V
  std::optional<bool> start_tls;           // -e: starttls, none
  std::optional<std::string> ca_file;      // -C
  bool no_referrals = false;               // -R
  bool single = false;                     // -1
  std::chrono::seconds time_limit{0};      // -l
  std::size_t most_entries = 0;            // -Z

  // What is still open is taken from there.
  void complete(const LdapSpec& defaults);
  [[nodiscard]] std::string servers() const;  // URIs, blanks between; empty: as ldap.conf says
  bool operator==(const LdapSpec&) const = default;
};

// The flags of LDAPDefaultSpec.
[[nodiscard]] std::expected<LdapSpec, std::string> parse_ldap_defaults(std::string_view text);

}  // namespace signet::conf
