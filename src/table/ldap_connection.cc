#include "table/ldap_connection.h"

#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "signet/base/fd.h"
#include "signet/base/text.h"

#include <lber.h>
#include <ldap.h>

namespace signet::table {
namespace {

using std::chrono::steady_clock;

// Of one search, and of one that wants all that there is.
constexpr std::size_t kMostEntries = 100, kMostOfAllEntries = 10'000;
constexpr std::size_t kMostLdapValues = 1000, kMostOfAllValues = 100'000;
constexpr ber_len_t kMostMessage = 256 * 1024;  // bytes: one entry with its values

struct FreeMessage {
  void operator()(LDAPMessage* message) const { ldap_msgfree(message); }
};
using Message = std::unique_ptr<LDAPMessage, FreeMessage>;
struct FreeText {
  void operator()(char* text) const { ldap_memfree(text); }
};
struct FreeValues {
  void operator()(berval** values) const { ldap_value_free_len(values); }
};
struct FreeUrl {
  void operator()(LDAPURLDesc* url) const { ldap_free_urldesc(url); }
};

std::unexpected<Error> ldap_error(std::string_view doing, int code) {
  return temporary(std::string(doing) + ": " + ldap_err2string(code));
}

timeval time_left(LdapConnection::Until until) {
  const auto left =
      std::chrono::duration_cast<std::chrono::microseconds>(until - steady_clock::now());
  const auto micros = std::max<std::int64_t>(left.count(), 1000);
  return {.tv_sec = micros / 1'000'000, .tv_usec = micros % 1'000'000};
}

int scope_of(LdapSpec::Scope scope) {
  switch (scope) {
    case LdapSpec::Scope::base:
      return LDAP_SCOPE_BASE;
    case LdapSpec::Scope::one:
      return LDAP_SCOPE_ONELEVEL;
    case LdapSpec::Scope::subtree:
      break;
  }
  return LDAP_SCOPE_SUBTREE;
}

int dereference_of(LdapSpec::Dereference how) {
  switch (how) {
    case LdapSpec::Dereference::searching:
      return LDAP_DEREF_SEARCHING;
    case LdapSpec::Dereference::finding:
      return LDAP_DEREF_FINDING;
    case LdapSpec::Dereference::always:
      return LDAP_DEREF_ALWAYS;
    case LdapSpec::Dereference::never:
      break;
  }
  return LDAP_DEREF_NEVER;
}

// Errors that are about what was asked, not about the server.
bool is_about_search(int code) {
  constexpr std::array kAboutSearch = std::to_array<int>(
      {LDAP_NO_SUCH_OBJECT, LDAP_FILTER_ERROR, LDAP_INVALID_DN_SYNTAX, LDAP_UNDEFINED_TYPE,
       LDAP_INAPPROPRIATE_MATCHING, LDAP_INSUFFICIENT_ACCESS, LDAP_DECODING_ERROR,
       LDAP_SIZELIMIT_EXCEEDED, LDAP_ADMINLIMIT_EXCEEDED, LDAP_TIMELIMIT_EXCEEDED,
       LDAP_UNWILLING_TO_PERFORM, LDAP_REFERRAL, LDAP_ALIAS_PROBLEM, LDAP_LOOP_DETECT,
       LDAP_NO_SUCH_ATTRIBUTE});
  return std::ranges::find(kAboutSearch, code) != kAboutSearch.end();
}

// To what connects: StartTLS, binding.
Result<void> take_answer(LDAP* ldap, int id, std::string_view doing, LdapConnection::Until until) {
  timeval left = time_left(until);
  LDAPMessage* raw = nullptr;
  const int kind = ldap_result(ldap, id, LDAP_MSG_ALL, &left, &raw);
  const Message answer(raw);
  if (kind == 0) return temporary("no answer in time");
  if (kind < 0) return ldap_error("connecting", LDAP_SERVER_DOWN);
  int code = LDAP_SUCCESS;
  if (ldap_parse_result(ldap, answer.get(), &code, nullptr, nullptr, nullptr, nullptr, 0) !=
      LDAP_SUCCESS) {
    code = LDAP_DECODING_ERROR;
  }
  if (code != LDAP_SUCCESS) return ldap_error(doing, code);
  return {};
}

// libldap says of a handshake that fails why, and its code says nothing.
std::unexpected<Error> tls_error(LDAP* ldap) {
  char* raw = nullptr;
  (void)ldap_get_option(ldap, LDAP_OPT_DIAGNOSTIC_MESSAGE, &raw);
  const std::unique_ptr<char, FreeText> why(raw);
  const bool said = why && *why != '\0';
  return temporary("StartTLS: " + (said ? printable(why.get())
                                        : "the handshake failed, or the certificate is another's"));
}

// Whoever names the authorities wants certificates verified, whatever ldap.conf says.
Result<void> prepare_tls(LDAP* ldap, const LdapSpec& spec, LdapConnection::Until until) {
  const bool own = !spec.ca_file.empty() || !spec.ca_directory.empty();
  if (own || spec.start_tls) {
    const int demand = LDAP_OPT_X_TLS_DEMAND;
    const int oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
    const auto path = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
    int code = LDAP_SUCCESS;
    const auto set = [&](int option, const void* value) {
      if (code == LDAP_SUCCESS) code = ldap_set_option(ldap, option, value);
    };
    set(LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
    set(LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest);
    if (own) {
      set(LDAP_OPT_X_TLS_CACERTFILE, path(spec.ca_file));
      set(LDAP_OPT_X_TLS_CACERTDIR, path(spec.ca_directory));
    }
    const int client = 0;
    set(LDAP_OPT_X_TLS_NEWCTX, &client);
    if (code != LDAP_SUCCESS) return temporary("the authorities of LDAP servers cannot be read");
  }
  if (!spec.start_tls) return {};
  int id = 0;
  const int code = ldap_start_tls(ldap, nullptr, nullptr, &id);
  if (code != LDAP_SUCCESS) return ldap_error("connecting", code);
  if (auto ready = take_answer(ldap, id, "StartTLS", until); !ready) return ready;
  if (ldap_install_tls(ldap) != LDAP_SUCCESS) return tls_error(ldap);
  return {};
}

LdapEntry entry_of(LDAP* ldap, LDAPMessage* message, std::size_t& values_left) {
  LdapEntry entry;
  BerElement* place = nullptr;
  std::unique_ptr<char, FreeText> name(ldap_first_attribute(ldap, message, &place));
  for (; name; name.reset(ldap_next_attribute(ldap, message, place))) {
    std::vector<std::string> texts;
    const std::unique_ptr<berval*, FreeValues> values(
        ldap_get_values_len(ldap, message, name.get()));
    for (berval** one = values.get(); one != nullptr && *one != nullptr && values_left > 0; ++one) {
      texts.emplace_back((*one)->bv_val, (*one)->bv_len);
      --values_left;
    }
    entry.attributes.emplace_back(name.get(), std::move(texts));
  }
  if (place != nullptr) ber_free(place, 0);
  return entry;
}

}  // namespace

// libldap reads ./ldaprc too, and whoever can write where the program was started would choose
// server and certificates: it reads its files where there is none.
void LdapConnection::read_settings() {
  static std::once_flag once;
  std::call_once(once, [] {
    const Fd here(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (chdir("/") != 0) return;
    LDAPAPIInfo info{};
    info.ldapai_info_version = LDAP_API_INFO_VERSION;
    if (ldap_get_option(nullptr, LDAP_OPT_API_INFO, &info) == LDAP_OPT_SUCCESS) {
      ldap_memvfree(reinterpret_cast<void**>(info.ldapai_extensions));
      ldap_memfree(info.ldapai_vendor_name);
    }
    if (here.valid() && fchdir(here.get()) != 0) return;
  });
}

struct LdapConnection::Handle {
  LDAP* ldap = nullptr;
};

void LdapConnection::CloseHandle::operator()(Handle* handle) const {
  if (handle->ldap != nullptr) ldap_unbind_ext(handle->ldap, nullptr, nullptr);
  delete handle;
}

LdapConnection::LdapConnection(std::unique_ptr<Handle, CloseHandle> handle)
    : handle_(std::move(handle)) {}

Result<LdapConnection> LdapConnection::open(const LdapSpec& spec, const Login& login, Until until) {
  std::unique_ptr<Handle, CloseHandle> handle(new Handle);
  const char* uri = spec.uri.empty() ? nullptr : spec.uri.c_str();
  if (const int code = ldap_initialize(&handle->ldap, uri); code != LDAP_SUCCESS) {
    return ldap_error(spec.uri, code);
  }
  LDAP* ldap = handle->ldap;
  const int version = LDAP_VERSION3;
  const int dereference = dereference_of(spec.dereference);
  const timeval patience = time_left(until);
  const bool referrals = spec.referrals && !spec.start_tls;  // they would be followed in the clear
  (void)ldap_set_option(ldap, LDAP_OPT_PROTOCOL_VERSION, &version);
  (void)ldap_set_option(ldap, LDAP_OPT_DEREF, &dereference);
  (void)ldap_set_option(ldap, LDAP_OPT_REFERRALS, referrals ? LDAP_OPT_ON : LDAP_OPT_OFF);
  (void)ldap_set_option(ldap, LDAP_OPT_RESTART, LDAP_OPT_ON);
  (void)ldap_set_option(ldap, LDAP_OPT_NETWORK_TIMEOUT, &patience);  // connecting, handshake
  (void)ldap_set_option(ldap, LDAP_OPT_TIMEOUT, &patience);          // what waits inside libldap
  Sockbuf* socket = nullptr;
  if (ldap_get_option(ldap, LDAP_OPT_SOCKBUF, static_cast<void*>(&socket)) == LDAP_OPT_SUCCESS &&
      socket != nullptr) {
    ber_len_t most = kMostMessage;
    (void)ber_sockbuf_ctrl(socket, LBER_SB_OPT_SET_MAX_INCOMING, &most);
  }
  if (auto ready = prepare_tls(ldap, spec, until); !ready) {
    return std::unexpected(std::move(ready).error());
  }
  std::string password(login.password.reveal());
  berval credentials{.bv_len = password.size(), .bv_val = password.data()};
  int id = 0;
  int code =
      ldap_sasl_bind(ldap, login.dn.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, &id);
  std::ranges::fill(password, '\0');
  if (code != LDAP_SUCCESS) return ldap_error("connecting", code);
  if (auto bound = take_answer(ldap, id, "binding", until); !bound) {
    return std::unexpected(std::move(bound).error());
  }
  return LdapConnection(std::move(handle));
}

Result<std::vector<LdapEntry>> LdapConnection::search(const LdapSearch& search, Until until) {
  LDAP* ldap = handle_->ldap;
  std::vector<std::string> names = search.attributes;
  std::vector<char*> attributes;
  for (auto& name : names) attributes.push_back(name.data());
  attributes.push_back(nullptr);
  const std::size_t bound = search.all ? kMostOfAllEntries : kMostEntries;
  const std::size_t most = search.most_entries == 0 ? bound : std::min(search.most_entries, bound);
  timeval left = time_left(until);
  int id = 0;
  int code = ldap_search_ext(ldap, search.base.c_str(), scope_of(search.scope),
                             search.filter.c_str(), names.empty() ? nullptr : attributes.data(), 0,
                             nullptr, nullptr, &left, static_cast<int>(most), &id);
  if (code != LDAP_SUCCESS) {
    auto error = ldap_error("searching", code);
    if (!is_about_search(code)) return error;
    return permanent(error.error().what);
  }
  std::vector<LdapEntry> entries;
  std::size_t values_left = search.all ? kMostOfAllValues : kMostLdapValues;
  for (;;) {
    left = time_left(until);
    LDAPMessage* raw = nullptr;
    const int kind =
        steady_clock::now() < until ? ldap_result(ldap, id, LDAP_MSG_ONE, &left, &raw) : 0;
    const Message message(raw);
    if (kind == 0) return temporary("no answer in time");
    if (kind < 0) return ldap_error("searching", LDAP_SERVER_DOWN);
    if (kind == LDAP_RES_SEARCH_ENTRY && entries.size() < most) {
      entries.push_back(entry_of(ldap, message.get(), values_left));
    }
    if (kind != LDAP_RES_SEARCH_RESULT) continue;
    if (ldap_parse_result(ldap, message.get(), &code, nullptr, nullptr, nullptr, nullptr, 0) !=
        LDAP_SUCCESS) {
      code = LDAP_DECODING_ERROR;
    }
    if (search.all && values_left == 0) return permanent("searching: too many values");
    if (code == LDAP_SUCCESS) return entries;
    auto error = ldap_error("searching", code);
    if (!is_about_search(code)) return error;
    return permanent(error.error().what);
  }
}

std::optional<LdapSearch> parse_ldap_url(const std::string& url) {
  LDAPURLDesc* raw = nullptr;
  if (ldap_url_parse(url.c_str(), &raw) != LDAP_URL_SUCCESS) return std::nullopt;
  const std::unique_ptr<LDAPURLDesc, FreeUrl> parsed(raw);
  LdapSearch search;
  if (parsed->lud_dn != nullptr) search.base = parsed->lud_dn;
  search.scope = parsed->lud_scope == LDAP_SCOPE_SUBTREE    ? LdapSpec::Scope::subtree
                 : parsed->lud_scope == LDAP_SCOPE_ONELEVEL ? LdapSpec::Scope::one
                                                            : LdapSpec::Scope::base;
  search.filter = parsed->lud_filter != nullptr ? parsed->lud_filter : "(objectClass=*)";
  for (char** one = parsed->lud_attrs; one != nullptr && *one != nullptr; ++one) {
    search.attributes.emplace_back(*one);
  }
  return search;
}

}  // namespace signet::table
