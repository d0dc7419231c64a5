// An address goes through sendmail's steps in its order: it is made canonical, rules of the site
// may replace it, a bare user gets a
// mark where the way wants a domain, genericstable may replace it, and what is left is hidden
// behind the masquerade name. The mark matters: a marked address is of this host whatever its
// classes say.
#include "signet/policy/rewrite.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "policy/parameters.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"

namespace signet::policy {
namespace {

constexpr std::string_view kLocalhost = "localhost";
constexpr int kMostRenamings = 16;
constexpr std::size_t kLongestRewritten = 320;  // RFC 5321 §4.5.3.1: 64 and 255, and the @

// At which domain a user is.
enum class At {
  nowhere,  // a bare user, to stay one
  here,     // a bare user who gets the name of this host, or the masquerade name
  domain,
  literal,  // "[192.0.2.1]" of another host: no class is about it
  added,    // by always_add_domain: no class is about it either
};

struct Form {
  std::string local;
  std::string domain;  // as written, without a dot at the end
  At at = At::nowhere;
};

// domaintable; empty: the domain keeps its name.
Result<std::optional<std::string>> find_domain(const table::Table* domains, std::string_view key) {
  if (domains == nullptr) return std::nullopt;
  auto found = domains->find(key);
  if (!found) return std::unexpected(std::move(found).error().within("domaintable"));
  const std::string name(*found ? trim(**found) : std::string_view());
  if (name.empty()) return std::nullopt;
  // It goes into envelopes and header fields, and a slip of the pen must not bounce mail.
  const auto address = mail::parse_address("u@" + name);
  if (!address || address->domain != name || name.find_first_of(",;()") != name.npos) {
    return temporary("domaintable: " + std::string(key) + ": no domain: " + printable(name, 80));
  }
  return name;
}

// Where parts of an address were put together anew.
bool fits_into_header(std::string_view address) {
  return address.size() <= kLongestRewritten &&
         (address.contains('"') || address.find_first_of(",;()") == address.npos);
}

class AddressRewriting final {
 public:
  AddressRewriting(const SiteOptions& site, const RewriteOptions& options)
      : site_(site), options_(options) {}

  // What has another meaning to sendmail than to us is not touched: "user%host" and "host!user".
  [[nodiscard]] static bool is_foreign(const mail::Address& address) {
    return address.domain.empty() && address.local.find_first_of("%!") != std::string::npos;
  }

  Result<Form> canonical(const mail::Address& address) {
    Form form{address.local, address.domain, At::domain};
    if (form.domain.ends_with('.')) form.domain.pop_back();
    if (form.domain.empty()) {
      form.at = At::nowhere;
      return form;
    }
    const bool literal = form.domain.front() == '[';
    const std::string key = to_lower(form.domain);
    if (key == kLocalhost || key == localhost_of_our_domain() ||
        (literal && is_local_domain(site_, key))) {
      form.domain = site_.host;
      note("this host");
      return form;
    }
    if (literal) {
      form.at = At::literal;
      return form;
    }
    auto renamed = find_domain(options_.domains.get(), key);
    if (!renamed) return std::unexpected(std::move(renamed).error());
    if (*renamed) {
      note("domaintable:" + key, **renamed);
      form.domain = std::move(**renamed);
    }
    return form;
  }

  // REWRITE_SENDER, REWRITE_RECIPIENT: what is no address afterwards counts as no rule. The
  // envelope's recipients were rewritten when they came.
  Result<void> rewrite_by_rules(Form& form, Usage usage) {
    if (!site_.patterns || form.at == At::literal) return {};
    const bool sender = usage.role == Role::sender;
    if (!sender && usage.place == Place::envelope) return {};
    const auto& rules =
        sender ? site_.patterns->sender_rewrites : site_.patterns->recipient_rewrites;
    if (rules.empty()) return {};
    const std::string text =
        form.at == At::nowhere ? form.local : form.local + "@" + to_lower(form.domain);
    auto rewritten = rewrite_by_patterns(rules, text);
    const auto address = rewritten ? mail::parse_address(rewritten->address) : std::nullopt;
    if (!address || is_foreign(*address) || !fits_into_header(rewritten->address)) return {};
    auto other = canonical(*address);
    if (!other) return std::unexpected(std::move(other).error());
    form = std::move(*other);
    note(std::move(rewritten->rule));
    return {};
  }

  // A bare user: does this way want a domain for him?
  void qualify(Form& form, Usage usage) const {
    if (form.at != At::nowhere) return;
    if (usage.way != Way::local || is_lmtp_sender(usage)) {
      form.at = At::here;
    } else if (options_.always_add_domain) {
      form.at = options_.added_domain.empty() ? At::here : At::added;
      form.domain = options_.added_domain;
    }
  }

  [[nodiscard]] bool masquerades(Usage usage) const {
    if (usage.way == Way::local && options_.local_as_it_is && !is_lmtp_sender(usage)) return false;
    if (usage.place == Place::envelope) return usage.role == Role::sender && options_.envelope;
    return usage.role == Role::sender || options_.recipients;
  }

  // Ruleset 93.
  Result<void> hide(Form& form) {
    if (options_.generics != nullptr) {
      auto final = look_up_generic(form);
      if (!final) return std::unexpected(std::move(final).error());
      if (*final) return {};
    }
    const bool here = form.at == At::here;
    if (!here && form.at != At::domain) return {};
    if (!here && options_.excepted.covers(form.domain)) return {};
    const bool ours = !here && !options_.limited && is_local_domain(site_, form.domain);
    if (!here && !ours && !is_in(options_.masqueraded, form.domain, options_.entire_domain)) {
      return {};
    }
    if (options_.exposed.contains(form.local) || options_.masquerade.empty()) return {};
    if (here || form.domain != options_.masquerade) note("MASQUERADE_AS");
    form.domain = options_.masquerade;
    form.at = At::domain;
    return {};
  }

  RewrittenAddress result(const Form& form, std::string_view given) {
    RewrittenAddress out;
    out.address = form.local;
    if (form.at == At::here) {
      out.address += "@" + site_.host;
    } else if (form.at != At::nowhere) {
      out.address += "@" + form.domain;
    }
    if (out.address == given) return out;
    out.rule = rule_.empty() ? "name of this host" : std::move(rule_);
    out.value = std::move(value_);
    return out;
  }

 private:
  static bool is_in(const NameSet& names, std::string_view domain, bool entire) {
    return entire ? names.covers(domain) : names.contains(domain);
  }

  // local_lmtp: the envelope sender of local mail is that of other mail.
  [[nodiscard]] bool is_lmtp_sender(Usage usage) const {
    return options_.local_by_lmtp && usage.role == Role::sender && usage.place == Place::envelope &&
           usage.way == Way::local;
  }

  [[nodiscard]] std::string localhost_of_our_domain() const {
    const auto dot = site_.host.find('.');
    return dot == std::string::npos ? std::string()
                                    : to_lower("localhost" + site_.host.substr(dot));
  }

  void note(std::string rule, std::string value = {}) {
    rule_ = std::move(rule);
    value_ = std::move(value);
  }

  // True: the entry is the address as it goes out. A value that is none counts as no entry.
  Result<bool> look_up_generic(Form& form) {
    const bool here = form.at == At::here;
    const bool asked =
        here || (form.at == At::domain &&
                 is_in(options_.generics_domains, form.domain, options_.generics_entire_domain));
    if (!asked) return false;
    auto value = find_generic(form.local, here ? site_.host : form.domain, here);
    if (!value) return std::unexpected(std::move(value).error().within("genericstable"));
    const auto address = *value ? mail::parse_address(**value) : std::nullopt;
    if (!address || is_foreign(*address)) return false;
    note(std::move(key_), **value);
    if (address->domain.empty()) {
      form = {address->local, {}, At::here};
      return false;
    }
    const std::string rule = rule_;
    auto other = canonical(*address);
    if (!other) return std::unexpected(std::move(other).error());
    form = std::move(*other);
    note(rule, std::move(**value));
    return true;
  }

  // The keys in sendmail's order. %1 is what the key leaves open: of "+*" the detail, of "@host"
  // the user.
  Result<std::optional<std::string>> find_generic(std::string_view local, std::string_view domain,
                                                  bool here) {
    const std::string at = "@" + std::string(domain);
    const auto split = mail::split_detail(local);
    const bool detailed = split.detail.has_value();
    const std::string user(split.user);
    const auto detail = split.detail.value_or("");
    struct Question {
      bool asked;
      std::string key;
      std::string_view parameter;
    };
    const Question questions[] = {{true, std::string(local) + at, {}},
                                  {detailed, user + "+*" + at, detail},
                                  {detailed, user + at, {}},
                                  {!here, at, local},
                                  {true, std::string(local), {}},
                                  {detailed, user + "+*", detail},
                                  {detailed, user, {}}};
    for (const auto& [wanted, key, parameter] : questions) {
      if (!wanted) continue;
      auto found = options_.generics->find(key);
      if (!found) return found;
      if (!*found) continue;
      key_ = "genericstable:" + key;
      const std::string_view parameters[] = {key, parameter};
      return fill_parameters(trim(**found), parameters);
    }
    return std::nullopt;
  }

  const SiteOptions& site_;
  const RewriteOptions& options_;
  std::string key_;  // of the entry found
  std::string rule_;
  std::string value_;
};

}  // namespace

void NameSet::add(std::string_view name) { names_.insert(to_lower(name)); }

bool NameSet::contains(std::string_view name) const {
  return !names_.empty() && names_.contains(to_lower(name));
}

bool NameSet::covers(std::string_view name) const {
  if (names_.empty()) return false;
  const std::string folded = to_lower(name);
  std::string_view rest = folded;
  while (true) {
    if (names_.contains(rest)) return true;
    const auto dot = rest.find('.');
    if (dot == std::string_view::npos) return false;
    rest.remove_prefix(dot + 1);
  }
}

Way way_of(std::string_view mailer) {
  // Those of sendmail whose rules for senders and recipients are its local ones.
  constexpr auto kLocal =
      std::to_array<std::string_view>({"local", "cyrus", "cyrusbb", "pop", "ph", "usenet"});
  if (std::ranges::find(kLocal, mailer) != kLocal.end()) return Way::local;
  return mailer == "relay" ? Way::relay : Way::smtp;
}

Result<RewrittenAddress> rewrite_address(const SiteOptions& site, const RewriteOptions& options,
                                         std::string_view address, Usage usage) {
  const auto parsed = mail::parse_address(address);
  if (!parsed || AddressRewriting::is_foreign(*parsed)) {
    return RewrittenAddress{std::string(address), {}, {}};
  }
  AddressRewriting rewriting(site, options);
  auto form = rewriting.canonical(*parsed);
  if (!form) return std::unexpected(std::move(form).error());
  if (auto done = rewriting.rewrite_by_rules(*form, usage); !done) {
    return std::unexpected(std::move(done).error());
  }
  rewriting.qualify(*form, usage);
  if (rewriting.masquerades(usage)) {
    if (auto hidden = rewriting.hide(*form); !hidden) {
      return std::unexpected(std::move(hidden).error());
    }
  }
  return rewriting.result(*form, address);
}

Result<RewrittenAddress> rename_domain(const table::Table* domains, std::string_view address) {
  RewrittenAddress out{std::string(address), {}, {}};
  if (domains == nullptr) return out;
  // To the end of a chain: it is asked again at delivery, and that must lead nowhere else than to
  // what was judged at RCPT.
  for (int step = 0; step < kMostRenamings; ++step) {
    auto parsed = mail::parse_address(out.address);
    const std::string key = parsed ? parsed->domain_key() : std::string();
    if (key.empty() || key == kLocalhost || key.front() == '[') return out;
    auto renamed = find_domain(domains, key);
    if (!renamed) return std::unexpected(std::move(renamed).error());
    if (!*renamed || iequals(**renamed, key)) return out;
    parsed->domain = **renamed;
    out = RewrittenAddress{parsed->text(), "domaintable:" + key, std::move(**renamed)};
  }
  return temporary("domaintable: entries lead in a circle: " + printable(address, 80));
}

}  // namespace signet::policy
