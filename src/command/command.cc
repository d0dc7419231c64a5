#include "signet/command/command.h"

#include <sysexits.h>

#include <array>
#include <iostream>

#include "command/faces.h"

namespace signet::command {
namespace {

struct Face {
  std::string_view name;
  int (*run)(std::span<const std::string_view> args);
  std::string_view sentence;
};

// By the program's own name (sendmail's custom) or as `signet NAME`.
constexpr std::array kFaces{
    Face{"sendmail", &sendmail, "the daemon and the queue, with sendmail's options"},
    Face{"mailq", &mailq, "list the queue"},
    Face{"newaliases", &newaliases, "rebuild the alias map"},
    Face{"praliases", &praliases, "print the alias map"},
    Face{"makemap", &makemap_face, "build a map from its text"},
    Face{"editmap", &editmap_face, "ask, change or take out one key of a map"},
    Face{"mc", &mc, "compile FILE.mc: signet mc FILE.mc [-o FILE.cf] [--cf-dir DIR]"},
    Face{"explain", &explain,
         "what would become of a message, and which rule says so: signet explain client=ADDRESS "
         "to=ADDRESS ..."},
    Face{"tls", &tls_probe,
         "what TLS a server offers, and what the access map says: signet tls HOST[:PORT]"},
    Face{"check", &check, "check a configuration and all it names: signet check -C FILE [--json]"},
};

int usage(std::ostream& out, int status) {
  out << "usage: signet COMMAND ...\n";
  for (const auto& face : kFaces) {
    out << "  " << face.name << std::string(12 - face.name.size(), ' ') << face.sentence << '\n';
  }
  out << "  version\n";
  return status;
}

const Face* find(std::string_view name) {
  for (const auto& face : kFaces) {
    if (face.name == name) return &face;
  }
  return nullptr;
}

}  // namespace

int run(std::span<const std::string_view> args) {
  std::string_view name = args.front();
  name = name.substr(name.rfind('/') + 1);
  if (const Face* face = find(name)) return face->run(args);
  if (args.size() < 2) return usage(std::cerr, EX_USAGE);
  const std::string_view word = args[1];
  if (const Face* face = find(word)) return face->run(args.subspan(1));
  if (word == "version" || word == "--version") {
    std::cout << "Signet " SIGNET_VERSION "\n";
    return EX_OK;
  }
  if (word == "help" || word == "--help") return usage(std::cout, EX_OK);
  std::cerr << "signet: unknown command " << word << '\n';
  return usage(std::cerr, EX_USAGE);
}

}  // namespace signet::command
