// Puts it all together: everything is in the command room.
#include <exception>
#include <iostream>
#include <string_view>
#include <vector>

#include <sysexits.h>

#include "signet/command/command.h"

int main(int argc, char** argv) {
  const std::vector<std::string_view> args(argv, argv + argc);
  try {
    return signet::command::run(args);
  } catch (const std::exception& failure) {
    std::cerr << args.front() << ": " << failure.what() << '\n';
    return EX_SOFTWARE;
  }
}
