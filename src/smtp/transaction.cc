#include "smtp/transaction.h"

#include <algorithm>

#include "signet/base/text.h"

namespace signet::smtp {
namespace {

constexpr std::size_t kMaxTranscript = 8192;  // octets; a DSN wants a reason, not a novel
constexpr std::size_t kMaxTranscriptLine = 512;

}  // namespace

Transaction::Transaction(Job wanted)
    : job(std::move(wanted)),
      accepted_(job.recipients.size(), false),
      settled_(job.recipients.size(), false) {
  for (const auto& address : job.recipients) {
    result_.recipients.push_back({address, false, Phase::mail, {}});
  }
}

void Transaction::settle(std::size_t recipient, Phase phase, const mail::Reply& reply,
                         bool is_answer) {
  if (settled_[recipient]) return;
  settled_[recipient] = true;
  auto& result = result_.recipients[recipient];
  result.answered = is_answer;
  result.phase = phase;
  result.reply = reply;
}

void Transaction::settle_rest(Phase phase, const mail::Reply& reply, bool is_answer) {
  for (std::size_t i = 0; i < settled_.size(); ++i) settle(i, phase, reply, is_answer);
}

std::size_t Transaction::next_accepted() const {
  std::size_t i = 0;
  while (i < accepted_.size() && (!accepted_[i] || settled_[i])) ++i;
  return i;
}

bool Transaction::any_accepted() const { return next_accepted() < accepted_.size(); }

bool Transaction::all_settled() const {
  return std::ranges::all_of(settled_, [](bool settled) { return settled; });
}

void Transaction::note_refusal(std::string_view command, const mail::Reply& reply) {
  auto said = ">>> " + printable(command, kMaxTranscriptLine);
  auto heard = "<<< " + printable(reply.line(), kMaxTranscriptLine);
  transcript_bytes_ += said.size() + heard.size();
  if (transcript_bytes_ > kMaxTranscript) return;
  result_.transcript.push_back(std::move(said));
  result_.transcript.push_back(std::move(heard));
}

JobResult Transaction::take_result() { return std::move(result_); }

}  // namespace signet::smtp
