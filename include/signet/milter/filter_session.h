// Our side of the talk with one mail filter, without I/O: sendmail's milter protocol, versions 2 to
// 6, as libmilter speaks it. The driver in `receive` connects, gives bytes and time, and visits
// effects, oldest first, after each call. One event is open at a time. A filter that breaks the
// protocol, answers what was not asked or not in time has failed: nothing more is asked of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "signet/base/clock.h"
#include "signet/mail/facts.h"
#include "signet/mail/header_section.h"
#include "signet/mail/reply.h"
#include "signet/milter/change.h"
#include "signet/milter/macros.h"

namespace signet::milter {

inline constexpr std::size_t kBodyChunk = 65535;    // of content, told at once
inline constexpr std::size_t kMostFrame = 1 << 20;  // of what a filter says at once

// T= of the filter; 0: no limit.
struct Patience {
  std::chrono::seconds send{10};  // S: until it takes what we say
  std::chrono::seconds read{10};  // R: for an answer, and between the changes it wants
  std::chrono::seconds end{300};  // E: from the end of the message to the verdict
};

enum class Event {
  connect,
  helo,
  mail,
  rcpt,
  data,
  header,
  end_of_header,
  body,
  end_of_message,
  unknown,
};
[[nodiscard]] std::string_view to_string(Event event);  // as in the log: "helo", "eoh", "eom"

// What a filter is told.
struct News {
  Event event = Event::connect;
  std::string data = {};
  bool refused = false;  // rcpt: we said no; only who asked for such recipients hears of it
};
[[nodiscard]] News connect_news(const mail::PeerFacts& peer);
[[nodiscard]] News helo_news(std::string_view name);
[[nodiscard]] News mail_news(std::string_view path, const std::vector<std::string>& arguments);
[[nodiscard]] News rcpt_news(std::string_view path, const std::vector<std::string>& arguments);
[[nodiscard]] News data_news();
[[nodiscard]] News header_news(const mail::Field& field);
[[nodiscard]] News end_of_header_news();
[[nodiscard]] News body_news(std::string octets);
[[nodiscard]] News end_of_message_news();
[[nodiscard]] News unknown_news(std::string_view line);

enum class Said {
  nothing,    // it was not asked, or does not answer this
  go_on,      // continue
  accept,     // it wants to hear no more of the message, or behind connect and helo of the client
  skip,       // no more of this kind in this message
  reject,     // 5yz in our words
  temporary,  // 4yz in our words
  discard,    // accepted in words only
  reply,      // in its own words, 4yz or 5yz
  close,      // the session ends with 421
};
struct Answer {
  Said said = Said::nothing;
  mail::Reply reply = {};  // for Said::reply
  std::string text = {};   // that as it was said, for the log
};

// ---- effects ----
struct Send {
  std::string bytes;
};
struct Negotiated {};
struct Answered {  // to what was asked
  Answer answer;
};
struct Changed {
  Change change;
  bool announced = true;  // when it was negotiated
};
struct Failed {
  std::string why;  // for the log
};
using Effect = std::variant<Send, Negotiated, Answered, Changed, Failed>;

class FilterSession final {
 public:
  // Connected: the negotiation begins. `macros` hold unless the filter wants others.
  FilterSession(const Patience& patience, MacroLists macros, TimePoint now);

  // Tells of an event; Answered follows, at once if there is nothing to wait for. Not while
  // asking(), not before Negotiated.
  void ask(const News& news, const MacroValues& values, TimePoint now);
  void abort(TimePoint now);  // the message is over, if there is one
  void quit(TimePoint now);   // the last word
  void on_bytes(std::string_view in, TimePoint now);
  void on_sent(TimePoint now);  // all that was to be sent has left
  void on_held(TimePoint now);  // what it says was not read until now: its time begins anew
  void on_time(TimePoint now);
  void on_end(std::string_view why);  // the connection is gone
  // It took MAIL and has not done with the message.
  [[nodiscard]] bool in_message() const { return part_ == Part::in_message; }
  [[nodiscard]] bool asking() const { return question_.has_value(); }
  [[nodiscard]] bool failed() const { return part_ == Part::failed; }
  // It is told of such events in the message going on.
  [[nodiscard]] bool wants(Event event) const;
  // Behind connect or helo it said that it wants to hear no more: quit() and close.
  [[nodiscard]] bool finished() const { return part_ == Part::finished; }
  [[nodiscard]] std::optional<Effect> next_effect();
  [[nodiscard]] std::optional<TimePoint> deadline() const;

 private:
  enum class Part {
    negotiating,
    idle,        // between messages, or in one that it has not heard of yet
    in_message,  // it took MAIL
    silent,      // it has done with the message
    finished,    // it has done with the client
    failed,
  };

  void send(char letter, std::string_view data, TimePoint now);
  void send_macros(Event event, const MacroValues& values, TimePoint now);
  void begin_message_part(Event event, TimePoint now);
  void take_frames(TimePoint now);
  void on_frame(char letter, std::string_view data, TimePoint now);
  void on_negotiation(char letter, std::string_view data);
  [[nodiscard]] bool take_macro_lists(std::string_view data);
  [[nodiscard]] bool on_change(char letter, std::string_view data);
  void answer(Answer answer);
  void fail(std::string why);

  const Patience patience_;
  MacroLists macros_;
  Part part_ = Part::negotiating;
  std::uint32_t version_ = 0;
  std::uint32_t actions_ = 0;
  std::uint32_t protocol_ = 0;
  std::optional<Event> question_;
  std::vector<Event> skipped_;  // in the message going on
  std::string in_;              // a frame that is not whole yet
  std::deque<Effect> effects_;
  std::optional<TimePoint> send_by_;
  std::optional<TimePoint> read_by_;
  std::optional<TimePoint> end_by_;
};

}  // namespace signet::milter
