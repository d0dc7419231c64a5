#include "signet/conf/origin.h"

namespace signet::conf {

std::string Origin::to_string() const {
  if (line == 0) return file;  // the file as a whole
  if (compiled) return file + ":" + std::to_string(line);
  return file + ": line " + std::to_string(line);
}

std::string Warning::to_string() const {
  return at.file.empty() ? text : at.to_string() + ": " + text;
}

}  // namespace signet::conf
