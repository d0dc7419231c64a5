// A certification authority for one test: issues certificates of every kind that tests of TLS need,
// as PEM files in a folder of its own. Keys are P-256 unless RSA is wished: those take no time.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/temporary_directory.h"

namespace signet::test {

using NameParts = std::vector<std::pair<std::string, std::string>>;  // {"O", "Spec Org"}, in order

enum class CertificateUse { any, server_only, client_only };
enum class KeyKind { ec, rsa };

struct CertificateWish {
  NameParts subject = {{"CN", "host.test"}};
  std::vector<std::string> dns_names = {};
  CertificateUse use = CertificateUse::any;
  std::chrono::seconds begins = std::chrono::hours(-1);  // from now
  std::chrono::seconds ends = std::chrono::hours(24);
  bool self_signed = false;
  KeyKind key = KeyKind::ec;
};

struct CertificateFiles {
  std::string certificate_file;
  std::string key_file;  // mode 0600
};

class TestPki final {
 public:
  explicit TestPki(const NameParts& name = {{"O", "Spec Org"}, {"CN", "Spec Test CA"}});
  // An intermediate authority below `root`; what it issues carries its certificate as the chain.
  TestPki(const NameParts& name, const TestPki& root);
  ~TestPki();
  TestPki(const TestPki&) = delete;
  TestPki& operator=(const TestPki&) = delete;

  [[nodiscard]] CertificateFiles issue(const CertificateWish& wish = {});
  [[nodiscard]] const std::string& ca_file() const { return ca_file_; }
  // A folder with the authority's certificate under its hash, as `openssl rehash` leaves it.
  [[nodiscard]] std::string hashed_folder() const;
  // A revocation list of this authority that names these certificates, good until `ends` from now.
  [[nodiscard]] std::string revoke(const std::vector<CertificateFiles>& revoked,
                                   std::chrono::seconds ends = std::chrono::hours(24));
  [[nodiscard]] const TemporaryDirectory& folder() const { return folder_; }

 private:
  struct Keys;

  void become(const NameParts& name, const TestPki* root);

  TemporaryDirectory folder_;
  std::string ca_file_;
  std::unique_ptr<Keys> keys_;
  long next_serial_ = 2;
};

}  // namespace signet::test
