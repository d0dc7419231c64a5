#include "smtp/line_decoder.h"

namespace signet::smtp {

LineDecoder::Step LineDecoder::take(std::string_view in, std::size_t limit) {
  if (line_given_) clear();
  const auto lf = in.find('\n');
  const bool complete = lf != std::string_view::npos;
  const std::size_t used = complete ? lf + 1 : in.size();
  if (skipping_) {
    skipping_ = !complete;
    return {complete ? State::skipped : State::unfinished, used, {}};
  }

  auto piece = in.substr(0, complete ? lf : in.size());
  // Neither a CR that belongs to the line end nor one that may turn out to counts.
  const std::size_t length = kept_.size() + piece.size();
  const bool ends_with_cr = piece.empty() ? kept_.ends_with('\r') : piece.ends_with('\r');
  if (length - (ends_with_cr ? 1 : 0) > limit) {
    clear();
    skipping_ = true;
    return {State::too_long, complete ? lf : used, {}};
  }
  if (!complete) {
    kept_ += piece;
    return {State::unfinished, used, {}};
  }
  if (!kept_.empty()) {
    kept_ += piece;
    piece = kept_;
    line_given_ = true;
  }
  if (ends_with_cr) piece.remove_suffix(1);
  return {State::line, used, piece};
}

void LineDecoder::clear() {
  kept_.clear();
  line_given_ = false;
}

}  // namespace signet::smtp
