// What `signet explain` is told of a client and its mail: client=, name=, cert= and the like.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "command/checks.h"
#include "signet/base/result.h"
#include "signet/receive/options.h"

namespace signet::command {

class ToldFacts final {
 public:
  // An error names the word that is none.
  static Result<ToldFacts> parse(std::span<const std::string_view> operands);

  [[nodiscard]] std::string get(const std::string& name) const;
  [[nodiscard]] bool has(const std::string& name) const { return said_.contains(name); }
  [[nodiscard]] const std::string& headers() const { return headers_; }  // a line each
  // Of a connection to `port`, which may be null; before MAIL. A certificate is judged as there.
  [[nodiscard]] Result<ClientFacts> client(const receive::Port* port) const;

 private:
  [[nodiscard]] Result<mail::TlsFacts> tls(const receive::Port* port) const;

  std::map<std::string, std::string> said_;
  std::string headers_;
};

}  // namespace signet::command
