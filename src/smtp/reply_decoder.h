// Replies of a server (RFC 5321 §4.2, enhanced codes RFC 2034), from bytes cut anywhere. Memory is
// bounded: of a long reply the first part is kept, an endless one is given up. Text comes out
// printable, so that nothing a peer says can forge a line in a log or a DSN.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "signet/mail/reply.h"

namespace signet::smtp {

class ReplyDecoder final {
 public:
  explicit ReplyDecoder(std::size_t max_kept_bytes) : max_kept_(max_kept_bytes) {}

  enum class State {
    unfinished,  // all input is used up
    reply,       // a whole one
    malformed,   // no reply, or lines with different codes; `reply` says so as a 451
  };
  struct Step {
    State state = State::unfinished;
    std::size_t used = 0;
    mail::Reply reply;
  };
  Step take(std::string_view in);
  void clear();

 private:
  State on_line();
  mail::Reply take_reply();
  std::size_t max_kept_;
  std::string line_;              // cut at max_kept_
  mail::Reply reply_{0, {}, {}};  // of the lines so far; code 0: none
  std::size_t octets_ = 0;        // of this reply, kept or not
};

}  // namespace signet::smtp
