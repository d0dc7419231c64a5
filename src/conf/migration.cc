// The table of docs/migrating.md: what becomes of every name that a sendmail.mc may hold.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "signet/conf/manual.h"
#include "signet/conf/settings.h"

namespace signet::conf {
namespace {

// Names that do more here than in sendmail, and what (docs/differences.md has the reasons).
struct Better {
  std::string_view name;
  std::string_view what;
};
constexpr std::array kBetter = std::to_array<Better>({
    {"access_db",
     "A look-up that fails never lets mail through; `signet explain` names the entry that "
     "decides."},
    {"mailertable", "An entry that makes no sense keeps mail waiting, it does not bounce it."},
    {"virtusertable",
     "An entry that makes no sense keeps mail waiting; an address that nobody has is refused at "
     "RCPT."},
    {"relay_entire_domain", "A host called `example.org` does not relay for all of `org` by it."},
    {"check_cert_altnames", "A match by `*.domain` does not skip the extensions that follow."},
    {"greet_pause", "A client that talks or leaves within the pause is noticed at once."},
    {"authinfo", "PLAIN and LOGIN only under TLS; an entry that makes no sense keeps no mail."},
    {"CACertFile", "When it is missing, mail is encrypted all the same."},
    {"CACertPath", "When it is missing, mail is encrypted all the same."},
    {"ServerCertFile", "`signet check` says when it expires; half of a new pair stays out of use."},
    {"ServerKeyFile", "The folders above a link are looked at too."},
    {"CipherList",
     "Without it forward secrecy with AEAD only; one that names nothing does not break TLS."},
    {"QueueDirectory", "One journal: what was accepted survives a crash (docs/queue.md)."},
});

std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

const Better* find_better(std::string_view name) {
  const auto found = std::ranges::find(kBetter, name, &Better::name);
  return found != kBetter.end() ? &*found : nullptr;
}

// `refusal`: what becomes of a name that is not built yet.
std::string row(std::string_view name, Effect effect, std::string_view sentence,
                std::string_view refusal) {
  std::string_view status = "works";
  std::string why(sentence);
  if (effect == Effect::later) status = refusal;
  if (effect == Effect::meaningless) status = "passed over";
  if (const Better* better = find_better(name); better != nullptr && effect == Effect::works) {
    status = "works better";
    why += (why.empty() ? "" : " ") + std::string(better->what);
  }
  return fmt::format("| {} | {} |\n", status, cell(why));
}

void section(std::string& text, std::string_view title, std::span<const Word> words) {
  text += fmt::format("\n### {}\n\n| Name | Here | What it is, and why |\n|---|---|---|\n", title);
  for (const auto& word : words) {
    text += fmt::format("| `{}` ", word.name) +
            row(word.name, word.effect, word.sentence, "refused, later");
  }
}

}  // namespace

std::vector<std::string_view> names_that_are_better() {
  std::vector<std::string_view> names;
  for (const auto& better : kBetter) names.push_back(better.name);
  return names;
}

std::string migration_table() {
  std::string text =
      "Made from the tables that the program reads a configuration by. *works*: as in sendmail; "
      "*works better*: and what is more; *passed over*: a warning says so, and nothing is lost; "
      "*refused, later*: not built yet, the compiler warns and the daemon does not start with it; "
      "*no effect yet*: a warning, and the daemon starts. A name that is in no table is an error "
      "that names the nearest one.\n";
  section(text, "FEATURE", features());
  section(text, "MAILER", mailers());
  section(text, "Macros of the mc", mc_macros());
  section(text, "Defines", variables());
  text +=
      "\n### Defines that set an option\n\n| Define | Option | Here | What it is, and why |\n"
      "|---|---|---|---|\n";
  for (const auto& setting : settings()) {
    text += fmt::format("| {} | `{}` ",
                        setting.mc.empty() ? std::string() : fmt::format("`{}`", setting.mc),
                        setting.name) +
            row(setting.name, setting.effect, setting.sentence, "no effect yet");
  }
  return text;
}

}  // namespace signet::conf
