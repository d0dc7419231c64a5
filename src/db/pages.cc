// The layout of Berkeley DB 5.3 files, as far as makemap uses it: a meta page, then pages of 26
// bytes head, an index of 16-bit offsets, and items that grow from the end. All numbers in the byte
// order of the host that made the file; a file of the other order is foreign.
#include "db/pages.h"

#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <span>

namespace signet::db {
namespace {

constexpr std::uint32_t kHashMagic = 0x061561;
constexpr std::uint32_t kBtreeMagic = 0x053162;
constexpr std::size_t kMetaBytes = 512;
constexpr std::size_t kHeadBytes = 26;

enum PageType : std::uint8_t {
  unused = 0,
  hash_unsorted = 2,
  btree_inner = 3,
  recno_inner = 4,
  btree_leaf = 5,
  recno_leaf = 6,  // values of one key that outgrew its page (-d)
  overflow = 7,
  hash_sorted = 13,
};

template <class T>
T number_at(std::span<const char> bytes, std::size_t at) {
  T number{};
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}
std::uint32_t u32(std::span<const char> bytes, std::size_t at) {
  return number_at<std::uint32_t>(bytes, at);
}
std::size_t u16(std::span<const char> bytes, std::size_t at) {
  return number_at<std::uint16_t>(bytes, at);
}
std::uint8_t u8(std::span<const char> bytes, std::size_t at) {
  return number_at<std::uint8_t>(bytes, at);
}

struct Head {
  std::uint32_t previous = 0;
  std::uint32_t next = 0;
  std::uint8_t level = 0;
  std::uint8_t type = unused;
};

class Check final {
 public:
  Check(int fd, Kind kind, std::size_t file_bytes, const SeeKey& see_key)
      : fd_(fd), kind_(kind), bytes_(file_bytes), see_key_(see_key) {}
  Result<SeenKeys> run();

 private:
  Result<std::span<const char>> read(std::size_t at, std::size_t size);
  bool meta_is_sound(std::span<const char> meta);
  bool hash_meta_is_sound(std::span<const char> meta) const;
  bool page_is_sound(std::span<const char> page, std::uint32_t number);
  bool hash_items_are_sound(std::span<const char> page, std::size_t entries);
  bool hash_item_is_sound(std::span<const char> item) const;
  bool tree_items_are_sound(std::span<const char> page, std::size_t entries, const Head& head);
  bool tree_item_is_sound(std::span<const char> item, const Head& head);
  bool links_are_sound() const;
  // A sound item that is a key.
  void see_hash_key(std::span<const char> item);
  void see_tree_key(std::span<const char> item);
  void see_key(std::string_view key) {
    seen_.hashes.push_back(key_hash(key));
    if (see_key_) see_key_(key);
  }
  [[nodiscard]] bool exists(std::uint32_t number) const { return number != 0 && number < pages_; }
  // A reference to overflow pages: page, then length.
  bool far_item_is_sound(std::span<const char> item) const {
    return item.size() >= 12 && exists(u32(item, 4)) && u32(item, 8) <= bytes_;
  }

  struct Child {
    std::uint32_t page;
    std::uint8_t level;  // it must have
  };

  int fd_;
  Kind kind_;
  std::size_t bytes_;
  const SeeKey& see_key_;
  std::size_t page_bytes_ = 0;
  std::size_t pages_ = 0;
  std::vector<char> buffer_;
  std::vector<Head> heads_;
  std::vector<Child> children_;
  SeenKeys seen_;
};

Result<std::span<const char>> Check::read(std::size_t at, std::size_t size) {
  buffer_.resize(size);
  std::size_t done = 0;
  while (done < size) {
    const auto got = pread(fd_, buffer_.data() + done, size - done, static_cast<off_t>(at + done));
    const int code = errno;
    if (got < 0 && code == EINTR) continue;
    if (got < 0) return system_error("reading", code);
    if (got == 0) return temporary("cut short while it was read");
    done += static_cast<std::size_t>(got);
  }
  return buffer_;
}

Result<SeenKeys> Check::run() {
  const std::string right = kind_ == Kind::hash ? "hash" : "btree";
  const auto foreign = permanent("not a " + right + " map; make it anew with makemap");
  const auto damaged = permanent("damaged; make it anew with makemap");
  if (bytes_ < kMetaBytes) return foreign;
  auto meta = read(0, kMetaBytes);
  if (!meta) return std::unexpected(std::move(meta).error());
  if (u32(*meta, 12) != (kind_ == Kind::hash ? kHashMagic : kBtreeMagic)) return foreign;
  if (!meta_is_sound(*meta)) return damaged;
  heads_.resize(pages_);
  for (std::uint32_t number = 1; number < pages_; ++number) {
    auto page = read(number * page_bytes_, page_bytes_);
    if (!page) return std::unexpected(std::move(page).error());
    if (!page_is_sound(*page, number)) return damaged;
  }
  if (!links_are_sound()) return damaged;
  return std::move(seen_);
}

bool Check::meta_is_sound(std::span<const char> meta) {
  page_bytes_ = u32(meta, 20);
  if (page_bytes_ < kMetaBytes || page_bytes_ > 65536 || !std::has_single_bit(page_bytes_)) {
    return false;
  }
  pages_ = bytes_ / page_bytes_;
  if (bytes_ % page_bytes_ != 0 || pages_ > UINT32_MAX) return false;
  const bool plain = u8(meta, 24) == 0 && u8(meta, 26) == 0;  // no encryption, checksums, parts
  const bool only_duplicates = (u32(meta, 48) & ~1U) == 0;    // of all flags
  if (!plain || !only_duplicates || u32(meta, 36) != 0 || u32(meta, 8) != 0) return false;
  if (u8(meta, 25) != (kind_ == Kind::hash ? 8 : 9)) return false;
  if (kind_ == Kind::hash) return hash_meta_is_sound(meta);
  // Lowest number of keys a page, and the root.
  return u32(meta, 76) == 2 && exists(u32(meta, 88));
}

// Buckets lie in groups that double; spares[] says how many other pages come before each group.
bool Check::hash_meta_is_sound(std::span<const char> meta) const {
  const std::uint32_t last_bucket = u32(meta, 72);
  const std::uint32_t high_mask = u32(meta, 76);
  const std::uint32_t low_mask = u32(meta, 80);
  if (last_bucket >= pages_ || high_mask != ((low_mask << 1U) | 1U)) return false;
  if (!std::has_single_bit(std::uint64_t{high_mask} + 1) || last_bucket > high_mask) return false;
  for (std::uint32_t bucket = 0; bucket <= last_bucket; ++bucket) {
    const auto group = static_cast<std::size_t>(std::bit_width(bucket));
    if (group >= 32 || !exists(bucket + u32(meta, 96 + 4 * group))) return false;
  }
  return true;
}

bool Check::page_is_sound(std::span<const char> page, std::uint32_t number) {
  Head& head = heads_[number];
  head = {.previous = u32(page, 12),
          .next = u32(page, 16),
          .level = u8(page, 24),
          .type = u8(page, 25)};
  const std::size_t entries = u16(page, 20);
  const std::size_t lowest = u16(page, 22);  // start of the items
  if (head.type == unused) return entries == 0;
  if (u32(page, 8) != number) return false;
  if (head.type == overflow) {  // `lowest` is the length of what it holds
    return lowest <= page_bytes_ - kHeadBytes;
  }
  const bool of_hash = head.type == hash_unsorted || head.type == hash_sorted;
  if (of_hash && kind_ != Kind::hash) return false;
  // A page without items may name the end of a page of 64 KB as 0.
  if (entries == 0) return of_hash || head.type == btree_leaf || head.type == recno_leaf;
  if (kHeadBytes + 2 * entries > lowest || lowest > page_bytes_) return false;
  return of_hash ? hash_items_are_sound(page, entries) : tree_items_are_sound(page, entries, head);
}

// An item ends where the one before it begins.
bool Check::hash_items_are_sound(std::span<const char> page, std::size_t entries) {
  if (entries % 2 != 0) return false;
  const std::size_t lowest = u16(page, 22);
  std::size_t end = page.size();
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t start = u16(page, kHeadBytes + 2 * i);
    if (start < lowest || start >= end) return false;
    const auto item = page.subspan(start, end - start);
    if (!hash_item_is_sound(item)) return false;
    if (i % 2 == 0) see_hash_key(item);
    end = start;
  }
  return true;
}

bool Check::hash_item_is_sound(std::span<const char> item) const {
  switch (u8(item, 0)) {
    case 1:
      return true;
    case 2: {  // values of one key: length, value, length again
      std::size_t at = 1;
      while (at + 4 <= item.size()) {
        const std::size_t length = u16(item, at);
        if (at + 4 + length > item.size() || u16(item, at + 2 + length) != length) return false;
        at += 4 + length;
      }
      return at == item.size();
    }
    case 3:
      return far_item_is_sound(item);
    case 4:  // a tree of values
      return item.size() >= 8 && exists(u32(item, 4));
    default:
      return false;
  }
}

bool Check::tree_items_are_sound(std::span<const char> page, std::size_t entries,
                                 const Head& head) {
  const bool inner = head.type == btree_inner || head.type == recno_inner;
  const bool leaf = head.type == btree_leaf || head.type == recno_leaf;
  if (inner ? head.level < 2 : !leaf || head.level != 1) return false;
  if (head.type == btree_leaf && entries % 2 != 0) return false;
  const std::size_t lowest = u16(page, 22);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t start = u16(page, kHeadBytes + 2 * i);
    if (start < lowest || start >= page.size()) return false;
    if (!tree_item_is_sound(page.subspan(start), head)) return false;
    if (head.type == btree_leaf && i % 2 == 0) see_tree_key(page.subspan(start));
  }
  return true;
}

bool Check::tree_item_is_sound(std::span<const char> item, const Head& head) {
  const auto child_level = static_cast<std::uint8_t>(head.level - 1);
  if (head.type == recno_inner) {
    if (item.size() < 8) return false;
    children_.push_back({.page = u32(item, 0), .level = child_level});
    return exists(children_.back().page);
  }
  if (item.size() < 3) return false;
  const std::size_t length = u16(item, 0);
  const auto type = static_cast<unsigned>(u8(item, 2) & 0x7f);  // above: a mark of deletion
  if (head.type == btree_inner) {
    if (item.size() < 12) return false;
    children_.push_back({.page = u32(item, 4), .level = child_level});
    if (!exists(children_.back().page)) return false;
    if (type == 3) return length >= 12 && item.size() >= 24 && far_item_is_sound(item.subspan(12));
    return type == 1 && 12 + length <= item.size();
  }
  switch (type) {
    case 1:
      return 3 + length <= item.size();
    case 2:  // a tree of values
      return head.type == btree_leaf && item.size() >= 12 && exists(u32(item, 4));
    case 3:
      return far_item_is_sound(item);
    default:
      return false;
  }
}

void Check::see_hash_key(std::span<const char> item) {
  if (u8(item, 0) != 1) {  // on pages of its own
    seen_.all = false;
  } else {
    see_key({item.data() + 1, item.size() - 1});
  }
}

void Check::see_tree_key(std::span<const char> item) {
  if ((u8(item, 2) & 0x7f) != 1) {
    seen_.all = false;
  } else {
    see_key({item.data() + 3, u16(item, 0)});
  }
}

// Chains name each other in both directions, and a child stands one level below: no way is endless.
bool Check::links_are_sound() const {
  for (std::uint32_t number = 1; number < pages_; ++number) {
    const Head& head = heads_[number];
    if (head.type == unused || head.type == btree_inner || head.type == recno_inner) continue;
    if (head.next == 0) continue;
    if (!exists(head.next)) return false;
    const Head& next = heads_[head.next];
    const bool same =
        next.type == head.type || (kind_ == Kind::hash && head.type != overflow &&
                                   (next.type == hash_sorted || next.type == hash_unsorted));
    if (!same || next.previous != number) return false;
  }
  for (const Child& child : children_) {
    const std::uint8_t type = heads_[child.page].type;
    const bool leaf = type == btree_leaf || type == recno_leaf;
    const bool inner = type == btree_inner || type == recno_inner;
    if (child.level != heads_[child.page].level || !(child.level == 1 ? leaf : inner)) return false;
  }
  return true;
}

}  // namespace

Result<SeenKeys> check_pages(int fd, Kind kind, const SeeKey& see_key) {
  struct stat state {};
  if (fstat(fd, &state) != 0) return system_error("fstat", errno);
  return Check(fd, kind, static_cast<std::size_t>(state.st_size), see_key).run();
}

}  // namespace signet::db
