// Files that aliases name, and lists that are read: which are believed.
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "support/temporary_directory.h"
#include "unit/mailbox/letters.h"

namespace signet::mailbox {
namespace {

// Mostly below /tmp, whose sticky bit is trusted.
constexpr FileTrust kUsual{.sticky_bit = true};

class ListFiles : public testing::Test {
 protected:
  std::string why_not(const std::string& path, const FileTrust& trust = kUsual) {
    const auto file = read_list_file(path, trust, geteuid());
    if (file) return {};
    EXPECT_TRUE(file.error().what.find(path) != std::string::npos) << file.error().what;
    return file.error().what.substr(file.error().what.rfind(": ") + 2);
  }
  std::string write(const std::string& name, mode_t mode) {
    const auto path = folder_.write(name, "bob\n");
    chmod(path.c_str(), mode);
    return path;
  }
  test::TemporaryDirectory folder_;
};

TEST_F(ListFiles, AreReadWhenNobodyElseCouldHaveWrittenThem) {
  const auto good = write("good", 0644);
  EXPECT_EQ(read_list_file(good, kUsual, geteuid())->text, "bob\n");
  EXPECT_EQ(read_list_file(good, kUsual, geteuid())->owner, geteuid());
  EXPECT_EQ(why_not(write("group", 0664)), "Group writable file");
  EXPECT_EQ(why_not(write("world", 0646)), "World writable file");
  EXPECT_EQ(why_not(folder_ / "group", {.group_writable = true, .sticky_bit = true}), "");
  EXPECT_EQ(why_not(folder_ / "world", {.world_writable = true, .sticky_bit = true}), "");
  std::filesystem::create_directory(folder_ / "sticky");
  ASSERT_EQ(chmod((folder_ / "sticky").c_str(), 01777), 0);
  const auto inside = write("sticky/good", 0644);
  EXPECT_EQ(why_not(inside), "");
  EXPECT_EQ(why_not(inside, {}), "World writable directory");
  EXPECT_EQ(why_not(inside, {.unsafe_folder = true}), "");
  if (geteuid() == 0) {
    ASSERT_EQ(chown(good.c_str(), 1, 1), 0);
    EXPECT_EQ(why_not(good), "Permission denied");
    EXPECT_TRUE(read_list_file(good, kUsual, 1));
    EXPECT_TRUE(read_list_file(good, kUsual, {}));
  }
}

TEST_F(ListFiles, AreRegular) {
  EXPECT_EQ(why_not(folder_.path().string()), "Regular files only");
  const std::string fifo = folder_ / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(why_not(fifo), "Regular files only");
  EXPECT_EQ(why_not("/dev/zero"), "Regular files only");
  EXPECT_EQ(why_not("relative"), "no absolute path");
  EXPECT_EQ(read_list_file(folder_ / "none", kUsual, {}).error().system_code, ENOENT);
  const auto large = folder_.write("large", std::string(5'000'000, 'x'));
  EXPECT_EQ(why_not(large), "file too large");
}

TEST_F(ListFiles, BehindALinkAreJudgedWhereTheyAre) {
  std::filesystem::create_directory(folder_ / "open");
  const auto target = write("open/target", 0644);
  const std::string link = folder_ / "link";
  ASSERT_EQ(symlink(target.c_str(), link.c_str()), 0);
  EXPECT_EQ(why_not(link), "");
  chmod((folder_ / "open").c_str(), 0777);
  EXPECT_EQ(why_not(link), "World writable directory");
  chmod((folder_ / "open").c_str(), 0775);
  EXPECT_EQ(why_not(link), "Group writable directory");
  EXPECT_EQ(why_not(link, {.group_writable_folder = true, .sticky_bit = true}), "");
}

class Files : public testing::Test {
 protected:
  Result<void> put(const std::string& path, const Letter& letter, const std::string& below = {}) {
    return deliver_file({.path = path,
                         .environment = below,
                         .trust = {.sticky_bit = true, .own_folders = true},
                         .form = {.from_line = "From x", .return_path = false, .quoted = true},
                         .lock_patience = Duration(0)},
                        letter);
  }
  std::string why_not(const std::string& path, const std::string& below = {}) {
    const auto done = put(path, letter_of({"x"}), below);
    return done ? std::string() : done.error().what;
  }
  test::TemporaryDirectory folder_;
};

TEST_F(Files, GetLettersBehindWhatIsThere) {
  const auto path = folder_.write("f", "cut off");
  chmod(path.c_str(), 0600);
  ASSERT_TRUE(put(path, letter_of({"A: b\r\n\r\nFrom c\r\n"})));
  EXPECT_EQ(test::read_file(path), "cut off\n\nFrom x\nA: b\n\n>From c\n\n");
  EXPECT_FALSE(put(path, broken_letter({"half\r\n"})));
  EXPECT_EQ(test::read_file(path), "cut off\n\nFrom x\nA: b\n\n>From c\n\n");
  ASSERT_TRUE(put(folder_ / "new", letter_of({"y"})));
  EXPECT_EQ(test::read_file(folder_ / "new"), "From x\ny\n\n");
  struct stat state {};
  ASSERT_EQ(stat((folder_ / "new").c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 07777, 0600U);
  EXPECT_EQ(why_not("/dev/null"), "");
}

TEST_F(Files, AreOursAlone) {
  const auto path = folder_.write("f", "");
  chmod(path.c_str(), 0602);
  EXPECT_EQ(why_not(path), path + ": World writable file");
  chmod(path.c_str(), 0620);
  EXPECT_EQ(why_not(path), path + ": Group writable file");
  chmod(path.c_str(), 0600);
  std::filesystem::create_hard_link(path, folder_ / "second");
  EXPECT_EQ(why_not(path), path + " has more than one name");
  ASSERT_EQ(symlink(path.c_str(), (folder_ / "link").c_str()), 0);
  EXPECT_NE(why_not(folder_ / "link"), "");
  ASSERT_EQ(mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_NE(why_not(folder_ / "fifo"), "");
  EXPECT_NE(why_not("/dev/zero"), "");
  std::filesystem::create_directory(folder_ / "open");
  chmod((folder_ / "open").c_str(), 0777);
  EXPECT_EQ(why_not(folder_ / "open/f"), (folder_ / "open/f") + ": World writable directory");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "open/f"));
}

TEST_F(Files, AreNotInFoldersOfOtherUsers) {
  if (geteuid() != 0) GTEST_SKIP() << "NOT RUN: needs root";
  std::filesystem::create_directories(folder_ / "else/own");
  ASSERT_EQ(chown((folder_ / "else").c_str(), 1, 1), 0);
  const std::string path = folder_ / "else/own/f";
  EXPECT_EQ(why_not(path), path + ": Directory belongs to another user");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Files, StayBelowTheirEnvironment) {
  const std::string safe = folder_ / "safe";
  std::filesystem::create_directory(safe);
  ASSERT_EQ(symlink(folder_.path().c_str(), (safe + "/out").c_str()), 0);
  EXPECT_EQ(why_not("/a", safe), "");
  EXPECT_EQ(why_not(safe + "/b", safe), "");
  EXPECT_TRUE(std::filesystem::exists(safe + "/a") && std::filesystem::exists(safe + "/b"));
  for (const auto* path : {"/out/c", "/../c", "/missing/c", "/"}) {
    EXPECT_NE(why_not(path, safe), "") << path;
  }
  EXPECT_NE(why_not(safe + "er", safe), "");  // /safe/safer, which has no folder
  EXPECT_FALSE(std::filesystem::exists(folder_ / "c"));
  EXPECT_FALSE(std::filesystem::exists(safe + "er"));
}

}  // namespace
}  // namespace signet::mailbox
