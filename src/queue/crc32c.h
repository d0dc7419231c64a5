// CRC-32C (Castagnoli, RFC 3720 appendix B.4), with the processor's instruction where it has one.
#pragma once

#include <cstdint>
#include <string_view>

namespace signet::queue {

// Checksum of `bytes`, continuing from `before` (the checksum of what came earlier; 0: nothing).
[[nodiscard]] std::uint32_t crc32c(std::uint32_t before, std::string_view bytes);
// The same without special instructions; for comparison in tests.
[[nodiscard]] std::uint32_t crc32c_portable(std::uint32_t before, std::string_view bytes);

}  // namespace signet::queue
