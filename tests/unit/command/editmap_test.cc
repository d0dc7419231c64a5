#include "command/editmap.h"

#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include <gtest/gtest.h>

#include "command/makemap.h"
#include "support/temporary_directory.h"

namespace signet::command {
namespace {

struct Said {
  int status = 0;
  std::string text;  // output, then errors
  bool operator==(const Said&) const = default;
};

void PrintTo(const Said& said, std::ostream* out) { *out << said.status << ": " << said.text; }

class Editmap : public testing::Test {
 protected:
  using Face = int (*)(std::span<const std::string_view>, const Streams&);
  Said call(Face face, std::vector<std::string> words, const std::string& text = {}) {
    for (auto& word : words) {
      if (word == "M") word = map();
    }
    const std::vector<std::string_view> args(words.begin(), words.end());
    std::istringstream in(text);
    std::ostringstream out;
    std::ostringstream err;
    const int status = face(args, {.in = in, .out = out, .err = err});
    return {status, named(out.str() + err.str())};
  }
  Said edit(std::vector<std::string> words) {
    words.insert(words.begin(), "editmap");
    return call(&editmap, std::move(words));
  }
  void make(const std::string& type, const std::string& flag, const std::string& text) {
    std::filesystem::remove(map() + ".db");
    ASSERT_EQ(call(&makemap, {"makemap", flag, type, "M"}, text), (Said{EX_OK, ""}));
  }
  std::string dump(const std::string& type) {
    return call(&makemap, {"makemap", "-u", type, "M"}).text;
  }
  [[nodiscard]] std::string map() const { return folder_ / "m"; }
  [[nodiscard]] std::string named(std::string text) const {
    for (auto at = text.find(map()); at != std::string::npos; at = text.find(map())) {
      text.replace(at, map().size(), "M");
    }
    return text;
  }

  test::TemporaryDirectory folder_;
};

TEST_F(Editmap, AsksChangesAndTakesOut) {
  for (const std::string type : {"hash", "btree"}) {
    make(type, "-s", "a 1\nb 2\n");
    EXPECT_EQ(edit({"-q", type, "M", "A"}), (Said{EX_OK, "1\n"}));
    EXPECT_EQ(edit({"-u", type, "M", "a", "one two"}), (Said{EX_OK, ""}));
    EXPECT_EQ(edit({"-u", type, "M", "New", "x"}), (Said{EX_OK, ""}));
    EXPECT_EQ(edit({"-x", type, "M", "b"}), (Said{EX_OK, ""}));
    EXPECT_EQ(edit({"-q", type, "M", "a"}), (Said{EX_OK, "one two\n"}));
    EXPECT_EQ(edit({"-q", type, "M", "new"}), (Said{EX_OK, "x\n"}));
    EXPECT_EQ(edit({"-q", type, "M", "b"}).status, EX_UNAVAILABLE);
  }
}

TEST_F(Editmap, KeepsDuplicatesAndMode) {
  make("btree", "-d", "a 1\na 2\nb 3\n");
  ASSERT_EQ(chmod((map() + ".db").c_str(), 0600), 0);
  EXPECT_EQ(edit({"-u", "btree", "M", "a", "7"}).status, EX_OK);
  EXPECT_EQ(dump("btree"), "a\t1\na\t2\na\t7\nb\t3\n");
  EXPECT_EQ(edit({"-x", "btree", "M", "a"}).status, EX_OK);
  EXPECT_EQ(dump("btree"), "b\t3\n");
  struct stat state {};
  ASSERT_EQ(stat((map() + ".db").c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 07777U, 0600U);
}

TEST_F(Editmap, LeavesWhatIsNoMapAlone) {
  folder_.write("m.db", "no map at all");
  EXPECT_EQ(edit({"-u", "hash", "M", "a", "1"}).status, EX_CANTCREAT);
  EXPECT_EQ(test::read_file(map() + ".db"), "no map at all");
  std::filesystem::remove(map() + ".db");
  folder_.write("other.db", "");
  std::filesystem::create_symlink("other.db", map() + ".db");
  EXPECT_EQ(
      edit({"-u", "hash", "M", "a", "1"}),
      (Said{EX_CANTCREAT, "editmap: error opening type hash map M: Symbolic links not allowed\n"}));
}

// The same orders to sendmail's own, each on a map of its own, and the maps read by each other.
class EditmapBesideSendmail : public Editmap {
 protected:
  void SetUp() override {
    const char* named = std::getenv("SIGNET_SENDMAIL_EDITMAP");
    program_ = named != nullptr ? named : SIGNET_SOURCE_DIR "/build/peers/bin/editmap";
    if (access(program_.c_str(), X_OK) != 0) {
      GTEST_SKIP() << "NOT COMPARED with sendmail's editmap: no " << program_
                   << " (run tools/peers, or set SIGNET_SENDMAIL_EDITMAP)";
    }
    folder_.write("cf", "O DeliveryMode=b\n");
  }
  Said theirs(std::vector<std::string> words) {
    std::string line = program_ + " -C " + folder_ / "cf";
    for (const auto& word : words) line += " '" + (word == "M" ? map() : word) + "'";
    const std::string out = folder_ / "out";
    line += " > " + out + " 2>&1";
    const char* const args[] = {"sh", "-c", line.c_str(), nullptr};
    pid_t child = 0;
    EXPECT_EQ(posix_spawn(&child, "/bin/sh", nullptr, nullptr, const_cast<char**>(args), environ),
              0);
    int status = 0;
    waitpid(child, &status, 0);
    std::string text;
    std::istringstream said(test::read_file(out));
    for (std::string one; std::getline(said, one);) {
      if (!one.starts_with("WARNING: ")) text += one + '\n';
    }
    return {WEXITSTATUS(status), named(text)};
  }

  std::string program_;
};

TEST_F(EditmapBesideSendmail, AnswersAndLeavesTheSame) {
  using Order = std::vector<std::string>;
  const std::vector<Order> orders = {{},
                                     {"-q", "M", "a"},
                                     {"-q", "-u", "T", "M", "a"},
                                     {"-q", "T", "M", "a", "b"},
                                     {"-u", "T", "M", "a"},
                                     {"-x", "T", "M", "a", "b"},
                                     {"-q", "T", "M", "a"},
                                     {"-q", "T", "M", "A"},
                                     {"-qf", "T", "M", "A"},
                                     {"-q", "T", "M", "none"},
                                     {"-q", "-N", "T", "M", "a"},
                                     {"-q", "foo", "M", "a"},
                                     {"-u", "T", "M", "a", "9"},
                                     {"-u", "T", "M", "NEW", "v w"},
                                     {"-u", "-f", "T", "M", "UP", "1"},
                                     {"-x", "T", "M", "b"},
                                     {"-x", "T", "M", "none"},
                                     {"-u", "-N", "T", "M", "n", "1"},
                                     {"-x", "-N", "T", "M", "n"},
                                     {"-u", "T", "M", "e", ""}};
  for (const std::string type : {"hash", "btree"}) {
    for (const std::string flag : {"-s", "-N"}) {
      for (auto words : orders) {
        std::ranges::replace(words, "T", type);
        make(type, flag, "a 1\nb 2\nc 3\n");
        const auto they_said = theirs(words);
        const auto their_map = dump(type);
        make(type, flag, "a 1\nb 2\nc 3\n");
        EXPECT_EQ(edit(words), they_said);
        EXPECT_EQ(dump(type), their_map) << type << flag << testing::PrintToString(words);
      }
    }
  }
}

}  // namespace
}  // namespace signet::command
