#include "tls/key_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <openssl/pem.h>

#include "signet/base/fd.h"
#include "tls/file_checks.h"

namespace signet::tls {
namespace {

constexpr std::size_t kMaxKeyBytes = 256 * 1024;

// Not through a stream: its buffer would keep the key. Empty: `errno` says why.
std::optional<Secret> read_all(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.valid()) return std::nullopt;
  std::string text(kMaxKeyBytes, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return Secret(std::move(text));
}

// Never asks on a terminal for the passphrase of an encrypted key.
int no_passphrase(char*, int, int, void*) noexcept { return 0; }

// A context and a session take them alike.
int use_chain(SSL_CTX* context, const char* file) {
  return SSL_CTX_use_certificate_chain_file(context, file);
}
int use_chain(SSL* ssl, const char* file) { return SSL_use_certificate_chain_file(ssl, file); }
bool use_and_check(SSL_CTX* context, EVP_PKEY* key) {
  return SSL_CTX_use_PrivateKey(context, key) == 1 && SSL_CTX_check_private_key(context) == 1;
}
bool use_and_check(SSL* ssl, EVP_PKEY* key) {
  return SSL_use_PrivateKey(ssl, key) == 1 && SSL_check_private_key(ssl) == 1;
}

// What also a moment between two `cp` looks like.
Complaint unfinished(Complaint complaint) {
  complaint.unfinished = true;
  return complaint;
}

template <class Handle>
std::optional<Complaint> use_key(Handle* handle, const KeyPair& pair, const Secret& text) {
  const auto pem = text.reveal();
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const PrivateKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr));
  if (!key) {
    const auto why = take_errors().reason;
    return unfinished(
        complain(pair.key_file, "no private key in PEM form: " + why,
                 "a passphrase must be taken off: openssl pkey -in KEY -out KEY.clear"));
  }
  // The certificate was set just before, so a key of another pair shows as a mismatch here.
  if (!use_and_check(handle, key.get())) {
    (void)take_errors();
    return unfinished(complain(pair.key_file, "key does not match the certificate",
                               "name the key that belongs to " + pair.certificate_file));
  }
  return std::nullopt;
}

// Leaf first, the chain may follow in the same file.
template <class Handle>
std::optional<Complaint> use_texts(Handle* handle, const KeyPair& pair, const Secret& key) {
  if (use_chain(handle, pair.certificate_file.c_str()) != 1) {
    const auto why = take_errors().reason;
    return unfinished(complain(pair.certificate_file, "no certificate in PEM form: " + why,
                               "put the certificate and its chain there in PEM form"));
  }
  return use_key(handle, pair, key);
}

}  // namespace

KeyText read_key_file(const std::string& path, const FileRules& rules) {
  if (auto fault = find_fault(path, FileUse::private_key, rules)) {
    return {.text = std::nullopt, .complaint = std::move(*fault)};
  }
  auto text = read_all(path);
  if (!text) {
    return {.text = std::nullopt,
            .complaint = complain(path, error_text(errno), "let the daemon's user read " + path)};
  }
  return {.text = std::move(text), .complaint = {}};
}

std::optional<Complaint> use_key_pair(SSL_CTX* context, const KeyPair& pair,
                                      const Options& options) {
  if (auto fault = find_fault(pair.certificate_file, FileUse::certificate, options.files)) {
    return fault;
  }
  Secret text;
  if (options.read_key) {
    auto read = options.read_key(pair.key_file);
    if (!read) {
      return complain(pair.key_file, read.error().what, "see the line above, or start anew");
    }
    text = std::move(*read);
  } else {
    auto read = read_key_file(pair.key_file, options.files);
    if (!read.text) return std::move(read.complaint);
    text = std::move(*read.text);
  }
  return use_texts(context, pair, text);
}

std::optional<Complaint> use_key_pair(SSL* ssl, const KeyPair& pair, const FileRules& rules) {
  if (auto fault = find_fault(pair.certificate_file, FileUse::certificate, rules)) return fault;
  auto read = read_key_file(pair.key_file, rules);
  if (!read.text) return std::move(read.complaint);
  SSL_certs_clear(ssl);
  return use_texts(ssl, pair, *read.text);
}

}  // namespace signet::tls
