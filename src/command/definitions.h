// Macros and classes of sendmail -bt: the site's, and what .D and .C say for the test.
// .D{client_addr}192.0.2.1 says who the client is.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "signet/daemon/site.h"

namespace signet::command {

class Definitions final {
 public:
  explicit Definitions(const daemon::Site& site) : site_(site) {}

  void set_macro(std::string_view name, std::string_view value);
  void add_to_class(std::string_view name, std::string_view member);

  [[nodiscard]] std::string macro(std::string_view name) const;  // empty: not defined
  [[nodiscard]] std::vector<std::string> members(std::string_view name) const;
  // The site's, with what was added to classes w and R.
  [[nodiscard]] policy::SiteOptions options() const;

 private:
  [[nodiscard]] std::vector<std::string> added(std::string_view name) const;

  const daemon::Site& site_;
  std::map<std::string, std::string, std::less<>> macros_;
  std::map<std::string, std::vector<std::string>, std::less<>> classes_;
};

}  // namespace signet::command
