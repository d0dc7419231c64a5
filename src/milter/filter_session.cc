// All transitions of a filter's session. What events look like on the wire is in news.cc, what a
// filter says in said.cc.
#include "signet/milter/filter_session.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "milter/events.h"
#include "milter/said.h"
#include "milter/wire.h"
#include "signet/base/check.h"
#include "signet/base/text.h"

namespace signet::milter {
namespace {

constexpr std::size_t kNegotiation = 3 * wire::kNumber;  // version, actions, protocol
constexpr std::size_t kHead = wire::kNumber + 1;         // of a frame: length and letter

std::optional<TimePoint> later(TimePoint now, std::chrono::seconds patience) {
  if (patience.count() == 0) return std::nullopt;
  return now + patience;
}

std::string shown(char letter) { return printable({&letter, 1}); }

// What must have been negotiated before.
std::uint32_t action_of(char letter) {
  switch (letter) {
    case 'h':
    case 'i':
      return wire::kAddsFields;
    case 'm':
      return wire::kChangesFields;
    case 'b':
      return wire::kChangesBody;
    case '+':
      return wire::kAddsRecipients;
    case '2':
      return wire::kAddsRecipientsWithArguments;
    case '-':
      return wire::kDeletesRecipients;
    case 'e':
      return wire::kChangesSender;
    default:
      return wire::kQuarantines;
  }
}

bool is_of_content(Event event) {
  return event == Event::header || event == Event::end_of_header || event == Event::body ||
         event == Event::end_of_message;
}

}  // namespace

FilterSession::FilterSession(const Patience& patience, MacroLists macros, TimePoint now)
    : patience_(patience), macros_(std::move(macros)) {
  send(wire::kNegotiate,
       wire::number(wire::kVersion) + wire::number(wire::kAllActions) +
           wire::number(wire::kAllProtocol),
       now);
}

void FilterSession::send(char letter, std::string_view data, TimePoint now) {
  effects_.push_back(Send{wire::frame(letter, data)});
  if (!send_by_) send_by_ = later(now, patience_.send);
}

bool FilterSession::wants(Event event) const {
  return (protocol_ & row_of(event).unwanted) == 0 && part_ != Part::silent &&
         part_ != Part::finished && part_ != Part::failed &&
         std::ranges::find(skipped_, event) == skipped_.end();
}

// Macros go to a filter even if it wants none of the event itself.
void FilterSession::ask(const News& news, const MacroValues& values, TimePoint now) {
  SIGNET_CHECK(!asking() && part_ != Part::negotiating);
  begin_message_part(news.event, now);
  const EventRow& row = row_of(news.event);
  if (part_ == Part::silent || part_ == Part::finished || part_ == Part::failed) return answer({});
  if (row.stage) send_macros(news.event, values, now);
  const bool heard_of = !news.refused || (protocol_ & wire::kRefusedRecipients) != 0;
  if (!heard_of || !wants(news.event)) return answer({});
  std::string_view data = news.data;
  std::string without_blank;
  if (news.event == Event::header && (protocol_ & wire::kLeadingSpace) == 0) {
    const auto value = data.find('\0') + 1;
    if (data.substr(value).starts_with(' ')) {
      without_blank.append(data.substr(0, value)).append(data.substr(value + 1));
      data = without_blank;
    }
  }
  send(row.letter, data, now);
  if (row.unanswered != 0 && (protocol_ & row.unanswered) != 0) {
    if (news.event == Event::mail) part_ = Part::in_message;
    return answer({});
  }
  question_ = news.event;
  read_by_ = std::nullopt;  // begins when all is said
}

// HELO and MAIL end what went on before.
void FilterSession::begin_message_part(Event event, TimePoint now) {
  if (event == Event::helo || event == Event::mail) {
    abort(now);
    if (part_ == Part::silent) part_ = Part::idle;
    skipped_.clear();
  }
  if (is_of_content(event) && part_ == Part::idle) part_ = Part::in_message;
}

void FilterSession::send_macros(Event event, const MacroValues& values, TimePoint now) {
  const EventRow& row = row_of(event);
  const auto& names = macros_[static_cast<std::size_t>(*row.stage)];
  if (names.empty()) return;
  std::string data(1, row.letter);
  for (const auto& name : names) {
    std::string_view bare = name;
    if (bare.starts_with('{') && bare.ends_with('}')) bare = bare.substr(1, bare.size() - 2);
    const auto value = values(bare);
    if (!value || value->contains('\0')) continue;
    data.append(name).append(1, '\0').append(*value).append(1, '\0');
  }
  send(wire::kMacros, data, now);
}

void FilterSession::abort(TimePoint now) {
  if (part_ != Part::in_message) return;
  question_.reset();
  read_by_ = end_by_ = std::nullopt;
  send(wire::kAbort, {}, now);
  part_ = Part::silent;
}

void FilterSession::quit(TimePoint now) {
  if (part_ == Part::failed) return;
  send(wire::kQuit, {}, now);
  part_ = Part::finished;
  question_.reset();
}

// ---- what it says ----

void FilterSession::on_bytes(std::string_view in, TimePoint now) {
  if (part_ == Part::failed || part_ == Part::finished) return;
  in_ += in;
  take_frames(now);
}

void FilterSession::take_frames(TimePoint now) {
  std::string_view rest = in_;
  while (rest.size() >= wire::kNumber && part_ != Part::failed) {
    const std::size_t length = wire::number(rest);
    if (length == 0 || length > kMostFrame) {
      return fail(fmt::format("read size {} out of range", length));
    }
    if (rest.size() < wire::kNumber + length) break;
    on_frame(rest[wire::kNumber], rest.substr(kHead, length - 1), now);
    rest.remove_prefix(wire::kNumber + length);
  }
  in_.erase(0, in_.size() - rest.size());
}

void FilterSession::on_frame(char letter, std::string_view data, TimePoint now) {
  if (part_ == Part::negotiating) return on_negotiation(letter, data);
  if (!question_) return fail("said " + shown(letter) + " without being asked");
  const bool at_end = question_ == Event::end_of_message;
  switch (letter) {
    case 'c':
      return answer({.said = at_end ? Said::accept : Said::go_on});
    case 'a':
      return answer({.said = Said::accept});
    case 's':
      return answer({.said = Said::skip});
    case 'r':
      return answer({.said = Said::reject});
    case 't':
      return answer({.said = Said::temporary});
    case 'd':
      return answer({.said = Said::discard});
    case '4':
    case 'f':
      return answer({.said = Said::close});
    case 'y':
      if (auto reply = parse_reply(data)) {
        return answer({.said = Said::reply,
                       .reply = std::move(*reply),
                       .text = std::string(data.substr(0, data.size() - 1))});
      }
      return answer({.said = Said::reject});  // as in sendmail: what it meant is clear
    default:
      break;
  }
  const bool known = at_end && (letter == 'p' || on_change(letter, data));
  if (!known) {
    return fail(
        fmt::format("action={} returned bogus response {}", to_string(*question_), shown(letter)));
  }
  read_by_ = later(now, patience_.read);
}

bool FilterSession::on_change(char letter, std::string_view data) {
  auto change = parse_change(letter, data, (protocol_ & wire::kLeadingSpace) != 0);
  if (!change) return false;
  effects_.push_back(Changed{std::move(*change), (actions_ & action_of(letter)) != 0});
  return true;
}

void FilterSession::answer(Answer answer) {
  const auto event = std::exchange(question_, std::nullopt);
  read_by_ = end_by_ = std::nullopt;
  if (event) {
    const bool of_client = event == Event::connect || event == Event::helo;
    const bool over = answer.said != Said::go_on && answer.said != Said::skip;
    if (answer.said == Said::skip) skipped_.push_back(*event);
    if (answer.said == Said::accept) part_ = of_client ? Part::finished : Part::silent;
    if (answer.said == Said::go_on && event == Event::mail) part_ = Part::in_message;
    if (is_of_content(*event) && over) part_ = Part::silent;
  }
  effects_.push_back(Answered{std::move(answer)});
}

// ---- negotiation ----

void FilterSession::on_negotiation(char letter, std::string_view data) {
  if (letter != wire::kNegotiate) {
    return fail("negotiate: returned " + shown(letter) + " instead of O");
  }
  if (data.size() < kNegotiation) return fail("negotiate: did not return enough info");
  version_ = wire::number(data);
  actions_ = wire::number(data.substr(wire::kNumber));
  protocol_ = wire::number(data.substr(2 * wire::kNumber));
  if (version_ < 2 || version_ > wire::kVersion) {
    return fail(
        fmt::format("negotiate: version {} != MTA milter version {}", version_, wire::kVersion));
  }
  if ((actions_ & ~wire::kAllActions) != 0) {
    return fail("negotiate: the filter wants actions that were not offered");
  }
  if ((protocol_ & ~wire::kAllProtocol) != 0) {
    return fail("negotiate: the filter wants a protocol that was not offered");
  }
  if (version_ < 3) protocol_ |= wire::kNoUnknown;
  if (version_ < 4) protocol_ |= wire::kNoData;
  if (!take_macro_lists(data.substr(kNegotiation))) {
    return fail("negotiate: did not return valid info");
  }
  part_ = Part::idle;
  read_by_ = std::nullopt;
  effects_.push_back(Negotiated{});
}

// Stage and names, one pair after the other.
bool FilterSession::take_macro_lists(std::string_view data) {
  while (!data.empty()) {
    const auto end =
        data.size() < wire::kNumber ? std::string_view::npos : data.find('\0', wire::kNumber);
    if (end == std::string_view::npos) return false;
    const auto stage = wire::number(data);
    if (stage >= kStages) return false;
    macros_[stage] = parse_macro_names(data.substr(wire::kNumber, end - wire::kNumber));
    data.remove_prefix(end + 1);
  }
  return true;
}

// ---- time, end ----

void FilterSession::on_sent(TimePoint now) {
  send_by_ = std::nullopt;
  const bool awaited = asking() || part_ == Part::negotiating;
  if (!awaited || read_by_) return;
  read_by_ = later(now, patience_.read);
  if (question_ == Event::end_of_message && !end_by_) end_by_ = later(now, patience_.end);
}

void FilterSession::on_held(TimePoint now) {
  if (read_by_) read_by_ = later(now, patience_.read);
}

std::optional<TimePoint> FilterSession::deadline() const {
  if (part_ == Part::failed || part_ == Part::finished) return std::nullopt;
  std::optional<TimePoint> first;
  for (const auto& one : {send_by_, read_by_, end_by_}) {
    if (one && (!first || *one < *first)) first = one;
  }
  return first;
}

void FilterSession::on_time(TimePoint now) {
  if (part_ == Part::finished) return;
  const auto passed = [now](const std::optional<TimePoint>& when) { return when && *when <= now; };
  if (passed(send_by_)) return fail("timeout before data write");
  if (passed(end_by_)) return fail("EOM ACK/NAK timeout");
  if (passed(read_by_)) {
    fail(fmt::format("timeout {} data read, where={}", in_.empty() ? "before" : "during",
                     question_ ? to_string(*question_) : "negotiate"));
  }
}

void FilterSession::on_end(std::string_view why) {
  if (part_ != Part::finished) fail(std::string(why));
}

void FilterSession::fail(std::string why) {
  if (part_ == Part::failed) return;
  part_ = Part::failed;
  question_.reset();
  send_by_ = read_by_ = end_by_ = std::nullopt;
  effects_.push_back(Failed{std::move(why)});
}

std::optional<Effect> FilterSession::next_effect() {
  if (effects_.empty()) return std::nullopt;
  auto effect = std::move(effects_.front());
  effects_.pop_front();
  return effect;
}

}  // namespace signet::milter
