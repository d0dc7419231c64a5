// Maps as the configuration names them: how they are opened, and what their files look like.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "daemon/names.h"
#include "signet/base/result.h"
#include "signet/conf/config.h"
#include "signet/maillog/lines.h"
#include "signet/table/table.h"

namespace signet::daemon {

// Opens the maps of a configuration; what it is given outlives it.
class MapOpener final {
 public:
  MapOpener(const conf::Config& config, const Names& names, const table::Upkeep& upkeep)
      : config_(config), names_(names), upkeep_(upkeep) {}
  using Opened = Result<std::shared_ptr<const table::Table>>;
  [[nodiscard]] Opened open(std::string_view feature) const;    // null: the feature is not used
  [[nodiscard]] Opened open_line(std::string_view name) const;  // of a K line
  [[nodiscard]] table::Spec spec_of(const conf::MapSpec& from) const;
  [[nodiscard]] Opened open_spec(const table::Spec& spec) const;

 private:
  [[nodiscard]] std::string expand(std::string_view text) const;
  void take_ldap(const conf::LdapSpec& from, table::Spec& spec) const;

  const conf::Config& config_;
  const Names& names_;
  const table::Upkeep& upkeep_;
};

// Of features' maps whose text was changed behind the map that is made from it.
void remark_on_stale_maps(const conf::Config& config, maillog::Lines& remarks);

}  // namespace signet::daemon
