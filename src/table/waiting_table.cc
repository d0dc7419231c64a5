#include "table/waiting_table.h"

#include <utility>

#include "signet/base/text.h"
#include "signet/table/no_waiting.h"

namespace signet::table {
namespace {

constexpr Duration kAnswerHolds = std::chrono::seconds(30);  // longer than a decision takes
constexpr Duration kFailureHolds = std::chrono::seconds(5);  // who does not answer is left alone
constexpr std::size_t kMostAnswers = 16384;                  // more than a message has recipients
constexpr std::size_t kLongestValue = 4096;                  // where nobody wants more

class FunctionAsker final : public Asker {
 public:
  explicit FunctionAsker(AskForKey ask) : ask_(std::move(ask)) {}
  // An error is about this key alone: a stranger may have chosen one that nobody can look up.
  [[nodiscard]] Heard ask(const std::string& key) override { return {ask_(key)}; }

 private:
  const AskForKey ask_;
};

}  // namespace

Result<std::string> join_values(const Spec& spec, std::span<const std::string> values) {
  const bool all = spec.longest_answer != 0;
  const std::size_t most = all ? spec.longest_answer : kLongestValue;
  std::string text;
  for (const auto& value : values) {
    if (!text.empty()) text += spec.delimiter;
    if (text.size() + value.size() > most) {
      if (all) return permanent("the answer is too long");
      if (!text.empty()) return text.substr(0, text.size() - spec.delimiter.size());
    }
    text += value.substr(0, most);
    if (spec.delimiter.empty()) break;
  }
  return text;
}

WaitingTable::WaitingTable(Spec spec, std::string name, const Upkeep& upkeep, Clock clock,
                           std::unique_ptr<Asker> asker)
    : spec_(std::move(spec)),
      name_(std::move(name)),
      tell_(upkeep.tell),
      clock_(std::move(clock)),
      asker_(std::move(asker)) {}

std::optional<WaitingTable::Found> WaitingTable::known(const std::string& key) const {
  const TimePoint now = clock_();
  return state_.with([&](State& state) -> std::optional<Found> {
    const auto at = state.answers.find(key);
    if (at != state.answers.end() && at->second.until > now) return at->second.answer;
    if (state.silent_until > now) return Found(temporary(name_ + ": " + state.trouble));
    return std::nullopt;
  });
}

void WaitingTable::note_state(const Heard& heard) const {
  const TimePoint now = clock_();
  const bool news = state_.with([&](State& state) {
    const bool was_well = state.trouble.empty();
    if (heard.silent) {
      state.silent_until = now + kFailureHolds;
      state.trouble = heard.found ? "no answer" : heard.found.error().what;
    } else {
      state.silent_until = {};
      state.trouble.clear();
    }
    return was_well == heard.silent;
  });
  if (news && tell_) {
    tell_(name_ + ": " +
          (heard.silent ? heard.found.error().what + "; mail waits" : "answers again"));
  }
}

void WaitingTable::remember(const std::string& key, const Found& found) const {
  const TimePoint now = clock_();
  state_.with([&](State& state) {
    auto& answers = state.answers;
    if (answers.size() >= kMostAnswers) {
      std::erase_if(answers, [&](const auto& one) { return one.second.until <= now; });
    }
    if (answers.size() >= kMostAnswers) answers.clear();
    answers.insert_or_assign(key, Known{found, now + (found ? kAnswerHolds : kFailureHolds)});
  });
}

WaitingTable::Found WaitingTable::find(std::string_view given) const {
  const std::string key = spec_.keep_case ? std::string(given) : to_lower(given);
  if (auto answer = known(key)) return finished(std::move(*answer), given);
  if (auto* here = NoWaiting::here()) {
    here->note(*this, key);
    return temporary(name_ + ": not asked yet");
  }
  Heard heard = asker_->ask(key);
  note_state(heard);
  if (!heard.found) {
    heard.found = std::unexpected(std::move(heard.found).error().within(name_));
    heard.found.error().kind = ErrorKind::temporary;
  }
  remember(key, heard.found);
  return finished(std::move(heard.found), given);
}

WaitingTable::Found WaitingTable::finished(Found found, std::string_view given) const {
  if (!found || !*found) return found;
  return (spec_.match_only ? std::string(given) : std::move(**found)) + spec_.append;
}

std::shared_ptr<const Table> make_asked_table(std::string name, AskForKey ask) {
  return std::make_shared<WaitingTable>(
      Spec{}, std::move(name), Upkeep{}, [] { return std::chrono::steady_clock::now(); },
      std::make_unique<FunctionAsker>(std::move(ask)));
}

}  // namespace signet::table
