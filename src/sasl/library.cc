#include "signet/sasl/library.h"

#include <array>
#include <atomic>
#include <mutex>

#include "sasl/cyrus.h"

namespace signet::sasl {
namespace {

// Cyrus has one state a process; so may there be one Library.
std::atomic<bool> opened{false};

// Log lines come back as error details; nothing is to reach syslog past our own log.
int drop_log(void*, int, const char*) noexcept { return SASL_OK; }

int conf_path(void* context, char** path) noexcept {
  auto* library = static_cast<LibraryOptions*>(context);
  *path = library->conf_dir.data();
  return SASL_OK;
}

void* make_mutex() noexcept { return new (std::nothrow) std::mutex; }
int lock_mutex(void* mutex) noexcept {
  static_cast<std::mutex*>(mutex)->lock();
  return SASL_OK;
}
int unlock_mutex(void* mutex) noexcept {
  static_cast<std::mutex*>(mutex)->unlock();
  return SASL_OK;
}
void free_mutex(void* mutex) noexcept { delete static_cast<std::mutex*>(mutex); }

}  // namespace

struct Library::Core {
  LibraryOptions options;
  std::array<sasl_callback_t, 3> callbacks{};
};

Library::Library(std::unique_ptr<Core> core) : core_(std::move(core)) {}

Library::~Library() {
  sasl_done();
  opened.store(false);
}

const LibraryOptions& Library::options() const { return core_->options; }

Result<std::unique_ptr<Library>> Library::open(const LibraryOptions& options) {
  if (opened.exchange(true)) return permanent("Cyrus SASL is in use already");
  auto core = std::make_unique<Core>();
  core->options = options;
  std::size_t count = 0;
  core->callbacks[count++] = {SASL_CB_LOG, as_callback(&drop_log), nullptr};
  if (!options.conf_dir.empty()) {
    core->callbacks[count++] = {SASL_CB_GETCONFPATH, as_callback(&conf_path), &core->options};
  }
  core->callbacks[count] = {SASL_CB_LIST_END, nullptr, nullptr};
  sasl_set_mutex(&make_mutex, &lock_mutex, &unlock_mutex, &free_mutex);
  int code = sasl_server_init(core->callbacks.data(), core->options.application.c_str());
  if (code == SASL_OK) code = sasl_client_init(core->callbacks.data());
  if (code != SASL_OK) {
    sasl_done();
    opened.store(false);
    return permanent(std::string("Cyrus SASL: ") + sasl_errstring(code, nullptr, nullptr));
  }
  return std::unique_ptr<Library>(new Library(std::move(core)));
}

}  // namespace signet::sasl
