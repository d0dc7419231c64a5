#include "support/test_pki.h"

#include <sys/stat.h>

#include <filesystem>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace signet::test {
namespace {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
using Key = std::unique_ptr<EVP_PKEY, FreeWith<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<&X509_free>>;
using RevocationList = std::unique_ptr<X509_CRL, FreeWith<&X509_CRL_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeWith<&X509_EXTENSION_free>>;
using Time = std::unique_ptr<ASN1_TIME, FreeWith<&ASN1_TIME_free>>;
inline void free_bio(BIO* bio) { BIO_free_all(bio); }
using File = std::unique_ptr<BIO, FreeWith<&free_bio>>;

void must(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string("test pki: ") + what);
}

Time time_from_now(std::chrono::seconds offset) {
  return Time(X509_time_adj_ex(nullptr, 0, static_cast<long>(offset.count()), nullptr));
}

File open_file(const std::string& path, const char* mode) {
  File file(BIO_new_file(path.c_str(), mode));
  must(file != nullptr, path.c_str());
  return file;
}

// Up to 64 characters in the kind of string that the field wants; longer ones, which the standard
// forbids (RFC 5280 upper bounds), as they are.
void set_name(X509_NAME* name, const NameParts& parts) {
  for (const auto& [field, value] : parts) {
    const int kind = value.size() > 64 ? V_ASN1_UTF8STRING : MBSTRING_UTF8;
    must(X509_NAME_add_entry_by_txt(name, field.c_str(), kind,
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0) == 1,
         field.c_str());
  }
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
  must(extension != nullptr, value.c_str());
  must(X509_add_ext(certificate, extension.get(), -1) == 1, "X509_add_ext");
}

struct Draft {
  const NameParts& subject;
  const X509_NAME* issuer;  // null: itself
  long serial;
  std::chrono::seconds begins;
  std::chrono::seconds ends;
};

Certificate make_certificate(const Draft& draft, EVP_PKEY* key) {
  Certificate made(X509_new());
  must(X509_set_version(made.get(), X509_VERSION_3) == 1, "X509_set_version");
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), draft.serial);
  X509_set1_notBefore(made.get(), time_from_now(draft.begins).get());
  X509_set1_notAfter(made.get(), time_from_now(draft.ends).get());
  set_name(X509_get_subject_name(made.get()), draft.subject);
  X509_set_issuer_name(made.get(),
                       draft.issuer != nullptr ? draft.issuer : X509_get_subject_name(made.get()));
  must(X509_set_pubkey(made.get(), key) == 1, "X509_set_pubkey");
  return made;
}

void save(const std::string& path, X509* certificate) {
  must(PEM_write_bio_X509(open_file(path, "w").get(), certificate) == 1, path.c_str());
}

Key make_key(KeyKind kind) {
  constexpr std::size_t kRsaBits = 2048;
  Key key(kind == KeyKind::rsa ? EVP_RSA_gen(kRsaBits) : EVP_EC_gen("P-256"));
  must(key != nullptr, "making a key");
  return key;
}

Certificate load(const std::string& path) {
  Certificate read(PEM_read_bio_X509(open_file(path, "r").get(), nullptr, nullptr, nullptr));
  must(read != nullptr, path.c_str());
  return read;
}

}  // namespace

struct TestPki::Keys {
  Key key;
  Certificate certificate;
  bool intermediate = false;
};

TestPki::TestPki(const NameParts& name)
    : ca_file_(folder_ / "ca.pem"), keys_(std::make_unique<Keys>()) {
  become(name, nullptr);
}

TestPki::TestPki(const NameParts& name, const TestPki& root)
    : ca_file_(folder_ / "ca.pem"), keys_(std::make_unique<Keys>()) {
  become(name, &root);
}

void TestPki::become(const NameParts& name, const TestPki* root) {
  keys_->key = make_key(KeyKind::ec);
  keys_->intermediate = root != nullptr;
  const auto* issuer = root ? X509_get_subject_name(root->keys_->certificate.get()) : nullptr;
  const long serial = root ? 1'000'000 : 1;
  const Draft draft{name, issuer, serial, std::chrono::hours(-48), std::chrono::hours(48)};
  keys_->certificate = make_certificate(draft, keys_->key.get());
  X509* certificate = keys_->certificate.get();
  add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  EVP_PKEY* signer = root ? root->keys_->key.get() : keys_->key.get();
  must(X509_sign(certificate, signer, EVP_sha256()) != 0, "X509_sign");
  save(ca_file_, certificate);
}

TestPki::~TestPki() = default;

CertificateFiles TestPki::issue(const CertificateWish& wish) {
  const long serial = next_serial_++;
  const std::string stem = std::to_string(serial);
  CertificateFiles files{folder_ / (stem + ".pem"), folder_ / (stem + ".key")};
  const Key key = make_key(wish.key);
  const Draft draft{wish.subject,
                    wish.self_signed ? nullptr : X509_get_subject_name(keys_->certificate.get()),
                    serial, wish.begins, wish.ends};
  const Certificate certificate = make_certificate(draft, key.get());
  if (wish.use != CertificateUse::any) {
    add_extension(certificate.get(), NID_ext_key_usage,
                  wish.use == CertificateUse::server_only ? "serverAuth" : "clientAuth");
  }
  std::string names;
  for (const auto& name : wish.dns_names) names += (names.empty() ? "DNS:" : ",DNS:") + name;
  if (!names.empty()) add_extension(certificate.get(), NID_subject_alt_name, names);
  EVP_PKEY* signer = wish.self_signed ? key.get() : keys_->key.get();
  must(X509_sign(certificate.get(), signer, EVP_sha256()) != 0, "X509_sign");
  save(files.certificate_file, certificate.get());
  if (keys_->intermediate && !wish.self_signed) {
    must(PEM_write_bio_X509(open_file(files.certificate_file, "a").get(),
                            keys_->certificate.get()) == 1,
         "chain");
  }
  must(PEM_write_bio_PrivateKey(open_file(files.key_file, "w").get(), key.get(), nullptr, nullptr,
                                0, nullptr, nullptr) == 1,
       files.key_file.c_str());
  must(chmod(files.key_file.c_str(), S_IRUSR | S_IWUSR) == 0, "chmod");
  return files;
}

std::string TestPki::hashed_folder() const {
  const std::string folder = folder_ / "hashed";
  std::filesystem::create_directory(folder);
  std::string hash(8, '0');
  auto rest =
      X509_NAME_hash_ex(X509_get_subject_name(keys_->certificate.get()), nullptr, nullptr, nullptr);
  for (auto digit = hash.rbegin(); digit != hash.rend(); ++digit, rest /= 16) {
    *digit = "0123456789abcdef"[rest % 16];
  }
  std::filesystem::create_symlink(ca_file_, folder + "/" + hash + ".0");
  return folder;
}

std::string TestPki::revoke(const std::vector<CertificateFiles>& revoked,
                            std::chrono::seconds ends) {
  const RevocationList list(X509_CRL_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(keys_->certificate.get()));
  X509_CRL_set1_lastUpdate(list.get(), time_from_now(std::chrono::hours(-2)).get());
  X509_CRL_set1_nextUpdate(list.get(), time_from_now(ends).get());
  for (const auto& files : revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();  // the list takes it over
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(load(files.certificate_file).get()));
    X509_REVOKED_set_revocationDate(entry, time_from_now(std::chrono::hours(-1)).get());
    must(X509_CRL_add0_revoked(list.get(), entry) == 1, "X509_CRL_add0_revoked");
  }
  X509_CRL_sort(list.get());
  must(X509_CRL_sign(list.get(), keys_->key.get(), EVP_sha256()) != 0, "X509_CRL_sign");
  std::string path = folder_ / "revoked.crl";
  must(PEM_write_bio_X509_CRL(open_file(path, "w").get(), list.get()) == 1, path.c_str());
  return path;
}

}  // namespace signet::test
