// Block lists in DNS, FEATURE(dnsbl), FEATURE(enhdnsbl) and FEATURE(rhsbl): what to ask about a
// client or a sender's domain (RFC 5782), and what the answers mean; and FEATURE(mtamark), where
// the client's own reverse zone says whether it is a mail server. Pure; `receive` asks.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/ip.h"
#include "signet/base/result.h"

namespace signet::policy {

// Which answers of an enhdnsbl count: the left side of a rule over "127.0.0.4.", made of numbers,
// dots, $- (one of them), $+ (some), $* (any), $@ (nothing).
class AnswerPattern final {
 public:
  [[nodiscard]] static Result<AnswerPattern> parse(std::string_view text);
  [[nodiscard]] bool matches(const IpAddress& answer) const;

 private:
  std::vector<std::string> tokens_;
};

struct BlockList {
  enum class Subject { client, sender_domain };
  enum class Then { reject, quarantine, discard };
  enum class Answers { addresses, texts };  // a text "0": listed

  std::string feature;  // "dnsbl"
  std::string zone;
  Subject subject = Subject::client;
  Then then = Then::reject;
  Answers answers = Answers::addresses;
  std::string prefix;             // in front of the client's address: "_perm._smtp._srv."
  std::string message;            // as in the mc: quoted parts and macros, perhaps with a code
  std::string temporary_message;  // empty: no answer is no obstacle
  std::string temporary_code;     // enhanced code of that
  std::vector<AnswerPattern> patterns;  // empty: any answer that is one (127.0.0.0/8)

  // From the arguments of the FEATURE.
  [[nodiscard]] static Result<BlockList> make(std::string_view feature,
                                              std::span<const std::string> arguments);

 private:
  static Result<BlockList> make_mtamark(const std::array<std::string, 3>& arguments);
};

struct ListAnswer {
  enum class State { not_asked, waiting, not_listed, listed, no_answer };
  State state = State::not_asked;
  std::vector<IpAddress> addresses;  // listed, by a list that answers with them
};

// The name to ask for; empty: this list says nothing of such a client or sender.
[[nodiscard]] std::string list_question(const BlockList& list, const IpAddress& client,
                                        std::string_view sender);
// Is it known by now what the lists, in their order, say? `answers` is in step with `lists`.
[[nodiscard]] bool lists_have_decided(std::span<const BlockList> lists,
                                      std::span<const ListAnswer> answers);
// What the log should say of a list that did not answer, or answered what is no listing; empty:
// nothing.
[[nodiscard]] std::string list_trouble(const BlockList& list, const ListAnswer& answer);

}  // namespace signet::policy
