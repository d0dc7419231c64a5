// A connection to an LDAP server: opened, bound, asked, each in bounded time and with bounded
// answers. The only place that knows libldap (decision 0028). Used by one thread at a time.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signet/base/result.h"
#include "signet/base/secret.h"
#include "signet/table/table.h"

namespace signet::table {

struct LdapEntry {
  // In the server's order; objectClass too where it was asked for.
  std::vector<std::pair<std::string, std::vector<std::string>>> attributes;
};

struct LdapSearch {
  std::string base;
  LdapSpec::Scope scope = LdapSpec::Scope::subtree;
  std::string filter;
  std::vector<std::string> attributes;  // none: all
  std::size_t most_entries = 0;         // 0: as many as we take
  bool all = false;  // more of them are taken; what is too much is an error, not left out
};
// "ldap:///BASE?ATTRIBUTES?SCOPE?FILTER", asked of the same server whatever host it names. Empty:
// no such URL.
[[nodiscard]] std::optional<LdapSearch> parse_ldap_url(const std::string& url);

class LdapConnection final {
 public:
  using Until = std::chrono::steady_clock::time_point;

  struct Login {
    std::string dn;  // empty: nobody
    Secret password;
  };
  // Once, before threads start: libldap's own configuration. Later it does nothing.
  static void read_settings();
  // Connects and binds.
  [[nodiscard]] static Result<LdapConnection> open(const LdapSpec& spec, const Login& login,
                                                   Until until);
  // A permanent error is about this search alone, after a temporary one the connection is of no
  // more use. More entries than are wanted are an error, of values some are left out.
  [[nodiscard]] Result<std::vector<LdapEntry>> search(const LdapSearch& search, Until until);

 private:
  struct Handle;
  struct CloseHandle {
    void operator()(Handle* handle) const;
  };
  explicit LdapConnection(std::unique_ptr<Handle, CloseHandle> handle);
  std::unique_ptr<Handle, CloseHandle> handle_;
};

}  // namespace signet::table
