#include "tls/trust.h"

#include <sys/stat.h>

#include "tls/file_checks.h"

namespace signet::tls {
namespace {

Complaint warn(const std::string& file, std::string reason, std::string remedy) {
  return {.file = file, .reason = std::move(reason), .remedy = std::move(remedy), .fatal = false};
}

bool exists(const std::string& path) {
  struct stat state {};
  return stat(path.c_str(), &state) == 0;
}

bool is_folder(const std::string& path) {
  struct stat state {};
  return stat(path.c_str(), &state) == 0 && S_ISDIR(state.st_mode);
}

std::optional<Complaint> load_file(SSL_CTX* context, const Options& options) {
  const std::string& file = options.ca_file;
  const bool server = options.role == Role::server;
  if (auto fault = find_fault(file, FileUse::certificate, options.files)) {
    // Whoever may write it decides whom we trust. A missing one just means that nobody is.
    fault->fatal = server && exists(file);
    return fault;
  }
  if (SSL_CTX_load_verify_file(context, file.c_str()) != 1) {
    (void)take_errors();
    return warn(file, "load verify locs failed: no certificates in PEM form",
                "put the trusted CAs there in PEM form");
  }
  // Names for the client to choose a certificate by.
  if (server) SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(file.c_str()));
  return std::nullopt;
}

std::optional<Complaint> load_folder(SSL_CTX* context, const std::string& folder) {
  if (!is_folder(folder)) {
    return warn(folder, "No such file or directory",
                "make the folder and run `openssl rehash` on it");
  }
  if (SSL_CTX_load_verify_dir(context, folder.c_str()) == 1) return std::nullopt;
  (void)take_errors();
  return warn(folder, "load verify locs failed", "run `openssl rehash` on it");
}

}  // namespace

std::vector<Complaint> load_trust(SSL_CTX* context, const Options& options) {
  std::vector<Complaint> complaints;
  const auto add = [&](std::optional<Complaint> fault) {
    if (fault) complaints.push_back(std::move(*fault));
  };
  if (!options.ca_file.empty()) add(load_file(context, options));
  if (!options.ca_path.empty()) add(load_folder(context, options.ca_path));
  return complaints;
}

std::vector<Complaint> load_revocation(SSL_CTX* context, const Options& options) {
  std::vector<Complaint> complaints;
  const std::string& file = options.crl_file;
  if (!options.crl_path.empty()) {
    X509_STORE* lists = SSL_CTX_get_cert_store(context);
    X509_LOOKUP* folder = X509_STORE_add_lookup(lists, X509_LOOKUP_hash_dir());
    if (folder == nullptr || !exists(options.crl_path) ||
        X509_LOOKUP_add_dir(folder, options.crl_path.c_str(), X509_FILETYPE_PEM) != 1) {
      (void)take_errors();
      complaints.push_back(warn(options.crl_path, "X509_LOOKUP_add_dir failed",
                                "make the folder, and in it: openssl rehash " + options.crl_path));
    } else {
      X509_STORE_set_flags(lists, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    }
  }
  if (file.empty()) return complaints;
  // An unsafe list is used all the same: it is signed, and without it more would be accepted.
  if (auto fault = find_fault(file, FileUse::certificate, options.files)) {
    fault->fatal = false;
    complaints.push_back(std::move(*fault));
    if (!exists(file)) return complaints;
  }
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (lookup == nullptr || X509_load_crl_file(lookup, file.c_str(), X509_FILETYPE_PEM) <= 0) {
    (void)take_errors();
    complaints.push_back(
        warn(file, "PEM_read_bio_X509_CRL failed", "put revocation lists there in PEM form"));
    return complaints;
  }
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return complaints;
}

}  // namespace signet::tls
