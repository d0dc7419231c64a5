#include "command/makemap.h"

#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include <gtest/gtest.h>

#include "support/temporary_directory.h"

namespace signet::command {
namespace {

std::vector<std::string> sorted(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream split(text);
  for (std::string line; std::getline(split, line);) lines.push_back(line);
  std::ranges::sort(lines);
  return lines;
}

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

// `line`: the arguments, parted by blanks; "M" stands for the map's name.
class Makemap : public testing::Test {
 protected:
  Outcome run(std::string_view line, const std::string& text = {}) {
    std::vector<std::string> words{"makemap"};
    std::istringstream split{std::string(line)};
    for (std::string word; split >> word;) words.push_back(word == "M" ? map() : word);
    const std::vector<std::string_view> args(words.begin(), words.end());
    std::istringstream in(text);
    std::ostringstream out;
    std::ostringstream err;
    const int status = makemap(args, {.in = in, .out = out, .err = err});
    return {status, named(out.str()), named(err.str())};
  }
  std::string dump(std::string_view options = "-u hash M") { return run(options).out; }
  [[nodiscard]] std::string map() const { return folder_ / "m"; }
  // The map's path as "M" again.
  [[nodiscard]] std::string named(std::string text) const {
    for (auto at = text.find(map()); at != std::string::npos; at = text.find(map())) {
      text.replace(at, map().size(), "M");
    }
    return text;
  }

  test::TemporaryDirectory folder_;
};

TEST_F(Makemap, BuildsAndDumps) {
  for (const std::string type : {"hash", "btree", "implicit"}) {
    const auto built = run("-r " + type + " M", "# access\nConnect:192.0.2.1\tREJECT\n");
    EXPECT_EQ(built.status, EX_OK);
    EXPECT_EQ(built.out + built.err, "");
    EXPECT_EQ(dump("-u " + type + " M"), "connect:192.0.2.1\tREJECT\n");
    std::filesystem::remove(map() + ".db");
  }
}

TEST_F(Makemap, GoesOnAfterBadLinesAndSaysSo) {
  const std::string text = "a 1\nb 2\n# c\n\nA dup\nnoval\n lead x\n";
  auto built = run("hash M", text);
  EXPECT_EQ(built.status, EX_DATAERR);
  EXPECT_EQ(built.err,
            "makemap: M: line 5: key a: duplicate key\n"
            "makemap: M: line 6: no RHS for LHS noval\n"
            "makemap: M: line 7: syntax error (leading space)\n");
  EXPECT_EQ(dump("-u hash M").size(), std::string("a\t1\nb\t2\n").size());
  EXPECT_NE(dump().find("a\t1\n"), std::string::npos);

  built = run("-o hash M", "a 1\nc 3\n");
  EXPECT_EQ(built.status, EX_DATAERR);
  EXPECT_EQ(built.err, "makemap: M: line 1: key a: duplicate key\n");
  EXPECT_NE(dump().find("c\t3\n"), std::string::npos);
  EXPECT_NE(dump().find("b\t2\n"), std::string::npos);

  built = run("-r -v hash M", text);
  EXPECT_EQ(built.status, EX_DATAERR);
  EXPECT_EQ(built.out, "key=`a', val=`1'\nkey=`b', val=`2'\nkey=`a', val=`dup'\n");
  EXPECT_NE(dump().find("a\tdup\n"), std::string::npos);
  EXPECT_EQ(dump().find("c\t3\n"), std::string::npos);
}

TEST_F(Makemap, WarnsOnceOfLinesFromAnotherSystem) {
  const std::string access = folder_ / "access";
  const auto built = run("-s hash " + access, "a.test OK\r\nb.test OK\r\n");
  EXPECT_EQ(built.status, EX_OK);
  EXPECT_EQ(built.err,
            "makemap: " + access +
                ": line 1: warning: CR in front of the end of the line: it is part of the value, "
                "here and in lines of that kind below; sed 's/\\r$//' takes it out\n");
  EXPECT_NE(run("-u hash " + access).out.find("b.test\tOK\r\n"), std::string::npos);
}

TEST_F(Makemap, ObeysItsOptions) {
  const struct {
    const char* options;
    const char* text;
    const char* dumped;
  } cases[] = {
      {"-f hash M", "Ab C\n", "Ab\tC\n"},
      {"-e hash M", "a\n", "a\t\n"},
      {"-N hash M", "a 1\n", "a\t1\n"},
      {"-t: hash M", "a:1 2\n", "a\t1 2\n"},
      {"-t : -fe hash M", "A:\n", "A\t\n"},
      {"-D; hash M", ";c\n#a b\n", "#a\tb\n"},
      {"-s -c 100 -i x hash M", "a b\n", "a\tb\n"},
      {"-- hash M", "a b\n", "a\tb\n"},
      {"hash M", "a b", "a\tb\n"},
      {"hash M", "", ""},
  };
  for (const auto& one : cases) {
    const auto built = run(one.options, one.text);
    EXPECT_EQ(built.status, EX_OK) << one.options << built.err;
    EXPECT_EQ(dump(), one.dumped) << one.options;
    EXPECT_EQ(run("-u -t= hash M").out.find('\t'), std::string::npos);
  }
}

TEST_F(Makemap, KeepsEveryValueWithD) {
  EXPECT_EQ(run("-d btree M", "a 1\na 2\n").status, EX_OK);
  EXPECT_EQ(dump("-u btree M"), "a\t1\na\t2\n");
  EXPECT_EQ(run("-d -o btree M", "a 3\n").status, EX_OK);
  EXPECT_EQ(dump("-u btree M"), "a\t1\na\t2\na\t3\n");
}

TEST_F(Makemap, ExplainsItself) {
  const auto usage = run("");
  EXPECT_EQ(usage.status, EX_USAGE);
  EXPECT_EQ(usage.err.find("Usage: makemap [-C cffile] [-N] [-c cachesize]"), 0U);
  const auto types = run("-l");
  EXPECT_EQ(types.status, EX_OK);
  EXPECT_EQ(types.out, "hash\nbtree\nimplicit\n");
  const struct {
    const char* options;
    int status;
    const char* says;
  } cases[] = {
      {"hash", EX_USAGE, "Usage: "},
      {"hash M x", EX_USAGE, "Usage: "},
      {"-Z hash M", EX_USAGE, "makemap: invalid option -- 'Z'"},
      {"hash M -t", EX_USAGE, "Usage: "},
      {"-t", EX_USAGE, "makemap: option requires an argument -- 't'"},
      {"foo M", EX_CANTCREAT, "makemap: error opening type foo map M: Unknown database type\n"},
      {"-u foo M", EX_CANTCREAT, "Unknown database type\n"},
      {"-u hash M", EX_CANTCREAT,
       "makemap: error opening type hash map M: No such file or directory\n"},
      {"hash /nonexistent/m", EX_CANTCREAT,
       "makemap: error opening type hash map /nonexistent/m: No such file or directory\n"},
      {"-C /nonexistent/cf hash M", EX_NOINPUT,
       "makemap: /nonexistent/cf: No such file or directory\n"},
  };
  for (const auto& one : cases) {
    const auto refused = run(one.options);
    EXPECT_EQ(refused.status, one.status) << one.options;
    EXPECT_NE(refused.err.find(one.says), std::string::npos) << refused.err;
    EXPECT_FALSE(std::filesystem::exists(map() + ".db")) << one.options;
  }
}

TEST_F(Makemap, RefusesLinksAndForeignFiles) {
  folder_.write("other", "x");
  std::filesystem::create_symlink("other", map() + ".db");
  auto refused = run("hash M", "a b\n");
  EXPECT_EQ(refused.status, EX_CANTCREAT);
  EXPECT_EQ(refused.err, "makemap: error opening type hash map M: Symbolic links not allowed\n");
  std::filesystem::remove(map() + ".db");

  folder_.write("m.db", "no map at all");
  refused = run("-o hash M", "a b\n");
  EXPECT_EQ(refused.status, EX_CANTCREAT);
  EXPECT_EQ(test::read_file(map() + ".db"), "no map at all");
}

TEST_F(Makemap, WarnsOfAFolderThatEverybodyMayWrite) {
  ASSERT_EQ(chmod(folder_.path().c_str(), 0777), 0);
  const auto built = run("hash M", "a b\n");
  EXPECT_EQ(built.status, EX_OK);
  EXPECT_EQ(built.err, "WARNING: World writable directory " + folder_.path().string() + "\n");
  EXPECT_EQ(run("-s hash M", "a b\n").err, "");
}

TEST_F(Makemap, WarnsOfEntriesThatNothingLooksUp) {
  const std::string access = folder_ / "access";
  const auto built = run("-s hash " + access, "ok.example OK\n\n192.0.2.7/24 REJECT\n");
  EXPECT_EQ(built.status, EX_OK);
  EXPECT_NE(built.err.find(
                "access: line 3: warning: 192.0.2.7/24: a network is looked up as 192.0.2.0/24"),
            std::string::npos)
      << built.err;
  EXPECT_EQ(run("-u hash " + access).out.size(), 34U) << "both are in the map";
  EXPECT_EQ(run("-s hash M", "192.0.2.7/24 REJECT\n").err, "") << "nobody knows what for";
}

TEST_F(Makemap, MakesFilesThatOthersCannotRead) {
  EXPECT_EQ(run("hash M", "a b\n").status, EX_OK);
  struct stat state {};
  ASSERT_EQ(stat((map() + ".db").c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 07777U, 0640U);
}

// Both directions with sendmail's own makemap, where one is installed or named.
class WithSendmail : public Makemap {
 protected:
  void SetUp() override {
    const char* named = std::getenv("SIGNET_SENDMAIL_MAKEMAP");
    program_ = named != nullptr ? named : SIGNET_SOURCE_DIR "/build/peers/bin/makemap";
    if (access(program_.c_str(), X_OK) != 0) {
      GTEST_SKIP() << "NOT COMPARED with sendmail's makemap: no " << program_
                   << " (run tools/peers, or set SIGNET_SENDMAIL_MAKEMAP)";
    }
    folder_.write("cf", "O DeliveryMode=b\n");
  }
  // Output of sendmail's makemap in our folder, standard error behind, without its warnings of the
  // folders above.
  std::string theirs(const std::string& options, const std::string& text = {}) {
    const std::string in = folder_.write("text", text);
    const std::string out = folder_ / "out";
    const std::string err = folder_ / "err";
    const std::string command = program_ + " -C " + folder_ / "cf" + " " + options + " < " + in +
                                " > " + out + " 2> " + err;
    const char* const args[] = {"sh", "-c", command.c_str(), nullptr};
    pid_t child = 0;
    EXPECT_EQ(posix_spawn(&child, "/bin/sh", nullptr, nullptr, const_cast<char**>(args), environ),
              0);
    int status = 0;
    waitpid(child, &status, 0);
    std::istringstream said(test::read_file(err));
    std::string errors;
    for (std::string line; std::getline(said, line);) {
      if (!line.starts_with("WARNING: ")) errors += line + '\n';
    }
    return named(test::read_file(out) + errors) + "rc=" + std::to_string(WEXITSTATUS(status));
  }
  std::string ours(const std::string& options, const std::string& text = {}) {
    std::string line = options;
    for (auto at = line.find(map()); at != std::string::npos; at = line.find(map())) {
      line.replace(at, map().size(), "M");
    }
    const auto done = run(line, text);
    return done.out + done.err + "rc=" + std::to_string(done.status);
  }

  std::string program_;
};

TEST_F(WithSendmail, AgreesOnTextsOptionsAndFiles) {
  const std::string text =
      "Connect:192.0.2.1\tREJECT\n# c\n\n lead x\nFrom:a@b  550 5.7.1 No # way \n"
      "\"quo ted\" v\nempty\ncr v\r\na:1\nb:2:3\nb::4\nCONNECT:192.0.2.1 OK\nc=d e\n#x y\n";
  for (const std::string type : {"hash", "btree"}) {
    for (const std::string options : {"", "-N ", "-f ", "-e ", "-r ", "-v ", "-t: ", "-D'c' ",
                                      "-d ", "-N -f -e -t= ", "-rv "}) {
      const std::string plain = options == "-D'c' " ? "-Dc " : options;
      const std::string last = type + " " + map();
      std::filesystem::remove(map() + ".db");
      const auto they_said = theirs("-s " + options + last, text);
      const auto their_dump = theirs("-u " + last);
      EXPECT_EQ(ours("-u " + last), their_dump) << "we read theirs: " << options << type;
      std::filesystem::remove(map() + ".db");
      EXPECT_EQ(ours("-s " + plain + last, text), they_said) << options << type;
      // A hash has its entries in an order of its own.
      EXPECT_EQ(sorted(theirs("-u " + last)), sorted(their_dump))
          << "they read ours: " << options << type;
    }
  }
}

TEST_F(WithSendmail, ReadsLargeMapsOfTheirs) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += "key" + std::to_string(i) + " " +
            std::string(static_cast<std::size_t>(i % 900) + 1, 'v') + "\n";
  }
  for (const std::string type : {"hash", "btree"}) {
    const std::string last = type + " " + map();
    std::filesystem::remove(map() + ".db");
    EXPECT_EQ(theirs("-s " + last, text), "rc=0");
    EXPECT_TRUE(ours("-u " + last) == theirs("-u " + last)) << type;
  }
}

}  // namespace
}  // namespace signet::command
