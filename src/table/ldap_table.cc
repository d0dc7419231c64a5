#include "table/ldap_table.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <set>
#include <utility>

#include "signet/base/guarded.h"
#include "signet/base/text.h"
#include "table/ldap_connection.h"
#include "table/ldap_filter.h"
#include "table/waiting_table.h"

namespace signet::table {
namespace {

constexpr std::chrono::seconds kLdapPatience{5};  // for one answer, with connecting
constexpr std::size_t kMostIdleLdap = 8;
constexpr std::size_t kMostSearches = 50;  // for one key: attributes may lead on
constexpr std::string_view kObjectClass = "objectClass";
constexpr std::string_view kEverything = "(objectClass=*)";

using Entries = std::vector<LdapEntry>;

// One key: the searches that it takes, and the values that they find.
class LdapLookup final {
 public:
  LdapLookup(const Spec& spec, LdapConnection& connection, LdapConnection::Until until)
      : spec_(spec), connection_(connection), until_(until) {
    for (const auto& attribute : spec_.ldap.attributes) {
      wanted_.push_back(attribute.name);
      if (!attribute.classes.empty()) asks_class_ = true;
    }
    if (asks_class_) wanted_.emplace_back(kObjectClass);
  }

  [[nodiscard]] Result<std::optional<std::string>> find(std::string_view key) {
    const LdapSearch first{.base = spec_.ldap.base,
                           .scope = spec_.ldap.scope,
                           .filter = fill_ldap_filter(spec_.ldap.filter, key),
                           .attributes = wanted_,
                           .most_entries = spec_.most_values,
                           .all = all()};
    auto entries = connection_.search(first, until_);
    if (!entries) return std::unexpected(std::move(entries).error());
    if (spec_.ldap.single && entries->size() > 1) return std::nullopt;
    take(*entries);
    // Where attributes lead: an entry that is not there leads nowhere.
    for (std::size_t next = 0; next < to_ask_.size() && next < kMostSearches; ++next) {
      if (!values_.empty() && spec_.delimiter.empty()) break;
      const LdapSearch search = to_ask_[next];
      auto more = connection_.search(search, until_);
      if (!more && more.error().kind == ErrorKind::temporary) {
        return std::unexpected(std::move(more).error());
      }
      if (more) take(*more);
    }
    if (values_.empty()) return std::nullopt;
    return join_values(spec_, values_);
  }

 private:
  void take(const Entries& entries) {
    for (const auto& entry : entries) {
      for (const auto& [name, values] : entry.attributes) take(entry, name, values);
    }
  }

  void take(const LdapEntry& entry, const std::string& name,
            const std::vector<std::string>& values) {
    const auto& attributes = spec_.ldap.attributes;
    if (attributes.empty()) return keep(name, values);
    const auto how = std::ranges::find_if(attributes, [&](const LdapSpec::Attribute& one) {
      return iequals(one.name, name) && is_of(entry, one.classes);
    });
    if (how == attributes.end()) return;
    if (how->use == LdapSpec::Use::value) return keep(name, values);
    for (const auto& value : values) lead_on(how->use, value);
  }

  static bool is_of(const LdapEntry& entry, const std::vector<std::string>& classes) {
    if (classes.empty()) return true;
    for (const auto& [name, values] : entry.attributes) {
      if (!iequals(name, kObjectClass)) continue;
      for (const auto& value : values) {
        if (std::ranges::any_of(classes, [&](const auto& one) { return iequals(one, value); })) {
          return true;
        }
      }
    }
    return false;
  }

  void keep(const std::string& name, const std::vector<std::string>& values) {
    for (const auto& value : values) {
      const auto& between = spec_.ldap.name_separator;
      values_.push_back(between.empty() ? value : name + between + value);
    }
  }

  void lead_on(LdapSpec::Use use, const std::string& value) {
    if (!led_.emplace(use, value).second) return;  // they may go round
    const auto& ldap = spec_.ldap;
    if (use == LdapSpec::Use::dn) {
      to_ask_.push_back(
          {value, LdapSpec::Scope::base, std::string(kEverything), wanted_, 0, all()});
    } else if (use == LdapSpec::Use::filter) {
      to_ask_.push_back({ldap.base, ldap.scope, value, wanted_, 0, all()});
    } else if (auto search = parse_ldap_url(value)) {
      search->attributes = wanted_;
      search->all = all();
      to_ask_.push_back(std::move(*search));
    }
  }

  [[nodiscard]] bool all() const { return spec_.longest_answer != 0; }

  const Spec& spec_;
  LdapConnection& connection_;
  const LdapConnection::Until until_;
  std::vector<std::string> wanted_;  // attributes
  bool asks_class_ = false;
  std::vector<LdapSearch> to_ask_;
  std::set<std::pair<LdapSpec::Use, std::string>> led_;
  std::vector<std::string> values_;
};

class LdapAsker final : public Asker {
 public:
  LdapAsker(const Spec& spec, LdapConnection::Login login)
      : spec_(spec),
        login_(std::move(login)),
        patience_(spec.timeout.count() > 0 ? spec.timeout : kLdapPatience) {}

  // A connection that was idle may have been closed meanwhile: then once more on a fresh one.
  [[nodiscard]] Heard ask(const std::string& key) override {
    const auto until = std::chrono::steady_clock::now() + patience_;
    auto connection = take_idle();
    const bool was_idle = connection.has_value();
    Heard heard{temporary("not asked"), true};
    if (connection) heard = ask(*connection, key, until);
    if (!connection || heard.silent) {
      connection.reset();
      if (was_idle) idle_.with([](auto& idle) { idle.clear(); });
      auto fresh = LdapConnection::open(spec_.ldap, login_, until);
      if (!fresh) return {std::unexpected(std::move(fresh).error()), true};
      connection.emplace(std::move(*fresh));
      heard = ask(*connection, key, until);
    }
    // One entry may be too large for us, and the connection is cut: that is about this key, unless
    // it happens again with the next one.
    const bool broke_before = broke_.exchange(heard.silent);
    if (heard.silent) {
      heard.silent = broke_before;
      return heard;
    }
    idle_.with([&](auto& idle) {
      if (idle.size() < kMostIdleLdap) idle.push_back(std::move(*connection));
    });
    return heard;
  }

 private:
  [[nodiscard]] Heard ask(LdapConnection& connection, const std::string& key,
                          LdapConnection::Until until) const {
    auto found = LdapLookup(spec_, connection, until).find(key);
    const bool silent = !found && found.error().kind == ErrorKind::temporary;
    return {std::move(found), silent};
  }

  [[nodiscard]] std::optional<LdapConnection> take_idle() {
    return idle_.with([](auto& idle) -> std::optional<LdapConnection> {
      if (idle.empty()) return std::nullopt;
      std::optional<LdapConnection> last(std::move(idle.back()));
      idle.pop_back();
      return last;
    });
  }

  const Spec spec_;
  const LdapConnection::Login login_;
  const std::chrono::seconds patience_;
  std::atomic<bool> broke_{false};  // the last search, on a connection just made
  Guarded<std::vector<LdapConnection>> idle_;
};

// The first line of its file.
Result<Secret> read_secret(const std::string& path, const OpenFile& open_file) {
  const auto file = open_file(path);
  if (!file) return std::unexpected(file.error());
  std::array<char, 1024> text{};
  const auto got = read(file->get(), text.data(), text.size());
  if (got < 0) return system_error("reading " + path, errno);
  const std::string_view all(text.data(), static_cast<std::size_t>(got));
  std::string line(trim(all.substr(0, all.find('\n'))));
  text.fill('\0');
  // With a name and no password a server takes everybody for nobody (RFC 4513 §5.1.2).
  if (line.empty()) return permanent(path + ": no password in it");
  return Secret(std::move(line));
}

}  // namespace

Result<std::shared_ptr<const Table>> make_ldap_table(const Spec& spec, const Upkeep& upkeep,
                                                     Clock clock) {
  LdapConnection::read_settings();
  LdapConnection::Login login{.dn = spec.ldap.bind_dn, .password = {}};
  if (!spec.ldap.secret_file.empty()) {
    auto secret = read_secret(spec.ldap.secret_file, upkeep.open_file);
    if (!secret) return std::unexpected(std::move(secret).error());
    login.password = std::move(*secret);
  }
  return std::make_shared<WaitingTable>(spec, "ldap:" + spec.ldap.uri, upkeep, std::move(clock),
                                        std::make_unique<LdapAsker>(spec, std::move(login)));
}

}  // namespace signet::table
