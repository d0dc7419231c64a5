// SIGNET_CHECK: an invariant of ours. A failure is a bug, so it logs where and aborts, in release
// builds too; the parent restarts the engine and the journal holds what was promised.
#pragma once

namespace signet {

[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace signet

#define SIGNET_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::signet::check_failed(#condition, __FILE__, __LINE__))
