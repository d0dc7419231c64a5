// The parent's configurations: the one that the daemon began with, the one in use, and one on
// trial, which was read at a reload and which no engine has taken over yet. What an engine could
// not live with is not what the next one is started with.
#pragma once

#include <memory>
#include <string>

#include "signet/base/fd.h"
#include "signet/base/result.h"
#include "signet/base/secret.h"
#include "signet/conf/load.h"
#include "signet/daemon/daemon.h"

namespace signet::daemon {

class Configurations final {
 public:
  using Pointer = std::shared_ptr<const conf::Config>;

  // `source` outlives us.
  explicit Configurations(const ConfigurationSource& source) : source_(source) {}

  [[nodiscard]] Result<conf::Warnings> begin();  // reads the first one; all else comes after it
  [[nodiscard]] Result<std::string> reread();    // puts the file as it is now on trial; its text
  void on_taken();                               // an engine uses what is on trial
  void on_engine_death() { trial_.reset(); }

  [[nodiscard]] const Pointer& start() const { return start_; }
  [[nodiscard]] const Pointer& newest() const { return trial_ ? trial_ : in_use_; }

  // Handed out to an engine without privileges: what a configuration names, and nothing else.
  [[nodiscard]] Result<Secret> key(const std::string& path, unsigned owner) const;
  [[nodiscard]] Result<Fd> map(const std::string& path) const;
  [[nodiscard]] Result<Fd> log(const std::string& path) const;

 private:
  const ConfigurationSource& source_;
  Pointer start_;
  Pointer in_use_;
  Pointer trial_;
};

}  // namespace signet::daemon
