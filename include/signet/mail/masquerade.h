// MASQUERADE_AS: sender addresses in the header that name this host, or no host at all, say the
// masquerade name instead. From, Sender, Reply-To and their Resent- forms (RFC 5322 §3.6); the rest
// of the message stays as it came. Values only; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace signet::mail {

struct Masquerade {
  std::string name;                             // M: what addresses say; empty: nothing is changed
  std::vector<std::string> domains;             // class w and class M, lower case: what is hidden
  std::vector<std::string> exposed_users = {};  // class E, lower case: their addresses stay
  bool entire_domains = false;                  // hosts below `domains` are hidden too
};

// A field's body, as it stands behind the colon; display names, comments and folding stay.
[[nodiscard]] std::string masquerade_field(std::string_view body, const Masquerade& masquerade);

// The header section while content streams by: held back until it is whole (or past a bound, then
// it goes on unchanged), rewritten, passed on.
class Masquerader final {
 public:
  explicit Masquerader(const Masquerade& masquerade) : masquerade_(masquerade) {}
  // What may be passed on now; cut anywhere.
  [[nodiscard]] std::string on_content(std::string_view bytes);
  [[nodiscard]] std::string on_end();

 private:
  [[nodiscard]] std::string rewritten() const;

  const Masquerade& masquerade_;  // outlives this
  std::string held_;
  bool done_ = false;
};

}  // namespace signet::mail
