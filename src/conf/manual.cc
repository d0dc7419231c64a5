#include "signet/conf/manual.h"

#include <fmt/format.h>

#include "signet/conf/settings.h"

namespace signet::conf {
namespace {

std::string_view effect_text(Effect effect) {
  switch (effect) {
    case Effect::works:
      return "";
    case Effect::later:
      return " *Not in effect yet.*";
    case Effect::meaningless:
      return " *Has no meaning here.*";
  }
  return "";
}

std::string escape_cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c;
  }
  return cell;
}

void words_section(std::string& text, std::string_view title, std::span<const Word> words) {
  text += fmt::format("\n## {}\n\n| Name | What it does |\n|---|---|\n", title);
  for (const auto& word : words) {
    text += fmt::format("| `{}` | {}{} |\n", word.name, escape_cell(word.sentence),
                        effect_text(word.effect));
  }
}

}  // namespace

std::string reference() {
  std::string text =
      "# Settings\n\n"
      "Made from the program's own table of settings. The define is for the `.mc`, the option for "
      "the "
      "`.cf` and `-O`.\n\n"
      "| Option | define | Default | What it does |\n|---|---|---|---|\n";
  for (const auto& row : settings()) {
    const std::string define = row.mc.empty() ? std::string() : fmt::format("`{}`", row.mc);
    const std::string fallback =
        row.fallback.empty() ? std::string() : fmt::format("`{}`", escape_cell(row.fallback));
    text += fmt::format("| `{}` | {} | {} | {}{} |\n", row.name, define, fallback,
                        escape_cell(row.sentence), effect_text(row.effect));
  }
  words_section(text, "FEATUREs", features());
  words_section(text, "MAILERs", mailers());
  words_section(text, "Other defines", variables());
  return text;
}

std::string commented_example() {
  std::string text =
      "divert(-1)\n"
      "Every setting of Signet with its default. Take the dnl away from what you want to change.\n"
      "divert(0)dnl\n"
      "VERSIONID(`all settings')\n"
      "OSTYPE(`linux')dnl\n";
  for (const auto& row : settings()) {
    if (row.mc.empty() || row.effect != Effect::works) continue;
    text += fmt::format("dnl {}\ndnl define(`{}', `{}')dnl\n", row.sentence, row.mc, row.fallback);
  }
  text += "MAILER(`local')dnl\nMAILER(`smtp')dnl\n";
  return text;
}

std::string options_m4() {
  std::string text =
      "divert(-1)\n"
      "# Made from the table of settings: the option that each define stands for.\n";
  for (const auto& row : settings()) {
    if (!row.mc.empty()) text += fmt::format("_m4_define(`_option_{}', `{}')\n", row.mc, row.name);
  }
  text +=
      "# What features and mailers use unless the site says otherwise.\n"
      "_quietly(`MAIL_SETTINGS_DIR', `/etc/mail/')\n"
      "divert(0)dnl\n";
  return text;
}

}  // namespace signet::conf
