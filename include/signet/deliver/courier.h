// Delivers the messages of one loop: takes what was just committed and what waits in the spool,
// splits it by route, hands it to destinations and to the agent, and settles the results: done,
// another attempt, or a DSN. Loop thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "signet/deliver/local_agent.h"
#include "signet/deliver/options.h"
#include "signet/dns/resolver.h"
#include "signet/loop/loop.h"
#include "signet/mail/queue_id.h"
#include "signet/maillog/log.h"
#include "signet/queue/journal_spool.h"
#include "signet/queue/schedule.h"
#include "signet/queue/spool.h"
#include "signet/sasl/library.h"
#include "signet/table/ahead.h"

namespace signet::deliver {

// What the couriers of a loop work with; all of it outlives the Courier.
struct Surroundings {
  loop::Loop& loop;
  loop::Workers& workers;
  dns::Resolver& resolver;
  queue::Spool& spool;
  maillog::Log& log;
  mail::QueueIds& ids;
  sasl::Library* sasl;  // null: no AUTH toward next hops
  LocalAgent& agent;
  loop::Workers* map_workers = nullptr;  // look-ups that wait for other programs; null: `workers`
};

class Crowd;
class Failures;
class Quarantine;
class Slots;
class Destination;
struct Copy;
struct Work;
struct Task;
struct TaskResult;
struct ReportOrder;
struct Report;
struct Resend;
struct Copying;

class Courier final {
 public:
  Courier(Surroundings around, std::shared_ptr<const Options> options, std::uint32_t seed);
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  void take(queue::Committed committed);                      // just accepted
  void wait_for(const std::vector<queue::Waiting>& waiting);  // from an earlier life
  void reload(std::shared_ptr<const Options> options);  // for connections and attempts to come
  void run_queue();                                     // everything waiting is due now
  void release(std::span<const std::string> ids);       // quarantined messages, or "all"
  // Shutdown: no new attempts; `drained` when none is under way.
  void drain(loop::Task drained);

 private:
  friend class Destination;
  struct Conclusion {
    bool expired = false;          // what is deferred has waited long enough
    bool warned = false;           // its sender hears that it is late
    bool reports_are_safe = true;  // in the spool, so what they report may be given up
  };
  void start(std::shared_ptr<queue::Message> message, bool fresh);
  // False: it may go, and is marked so.
  bool hold(queue::Message& message, bool fresh);
  void let_go(queue::Key key);
  void postpone(queue::Key key, WallTime due);
  void come_back_soon(queue::Key key);  // handed back: as if it had never been tried
  void on_loaded(queue::Key key, Result<std::shared_ptr<queue::Message>> loaded);
  // `head`: the beginning of the content.
  void dispatch(const std::shared_ptr<Work>& work, const Result<std::string_view>& head);
  void write_waiting(const std::shared_ptr<queue::Message>& message);
  void hand_out(const std::shared_ptr<Work>& work, const Result<std::string_view>& head);
  // `then` asks maps about this message's recipients; where they wait for other programs, when all
  // is known.
  void look_ahead(const std::shared_ptr<queue::Message>& message, std::string_view head,
                  loop::Task then);
  void hand_to_agent(Task task);
  void on_letter(Task task, LocalResult answer);
  void give_to_luser_relay(Task task);  // the agent knows no such user
  Destination& destination(const std::string& key, const std::string& mailer,
                           std::vector<policy::NextHop> hops);
  // Recipients that become others (resend.h).
  void resend(const std::shared_ptr<Work>& work, const std::vector<std::size_t>& recipients);
  void forward(Task task, MembersFile file);
  void expand(const std::shared_ptr<Resend>& order);
  void on_list_read(const std::shared_ptr<Resend>& order, const std::string& key, MembersFile file);
  void take_members(const std::shared_ptr<Resend>& order, policy::Recipients found);
  void read_list(const std::shared_ptr<Resend>& order, const mail::Recipient& list);
  bool leave_out(Resend& order, const std::string& key, const LocalResult& answer);
  void give_up_list(const std::shared_ptr<Work>& work, std::size_t index,
                    const LocalResult& answer);
  void commit_copies(const std::shared_ptr<Resend>& order);
  // `recipients`: those of the envelope that became others, or cannot.
  void end_resend(const std::shared_ptr<Resend>& order, const std::vector<std::size_t>& recipients,
                  const LocalResult& result);
  void copy(Copying copying);
  void copy_on(std::uint64_t number);
  void on_copy_read(std::uint64_t number, Result<std::string> piece);
  void on_result(Task task, TaskResult result);
  void record_delivered(const Work& work, const std::vector<std::size_t>& recipients);
  void on_destination_idle(const std::string& key);
  void settle(const std::shared_ptr<Work>& work);
  void read_header(const std::shared_ptr<Work>& work, std::size_t most,
                   std::move_only_function<void(const Result<std::string_view>&)> then);
  void send_reports(const std::shared_ptr<Work>& work, const std::vector<ReportOrder>& orders,
                    const std::string& header, Conclusion conclusion);
  void commit_report(const std::shared_ptr<Work>& work, Report report,
                     std::move_only_function<void(bool safe)> then);
  void keep_dead_letter(const std::shared_ptr<Work>& work,
                        std::move_only_function<void(const Result<void>&)> then);
  void conclude(const std::shared_ptr<Work>& work, Conclusion conclusion);
  void end_work(const std::shared_ptr<Work>& work, std::optional<WallTime> next);
  void end_unattempted(const Work& work);
  std::vector<Destination*> all_destinations();
  // All next hops together have so many connections; who finds none free waits in turn.
  [[nodiscard]] bool may_connect() const {
    return line_.empty() && connections_ < options_->connections;
  }
  void wait_for_place(const std::string& key);
  void give_back_place();
  void serve_line();
  void arm();
  void on_due();
  void report_drained();
  [[nodiscard]] Now now() const { return around_.loop.now(); }

  Surroundings around_;
  std::shared_ptr<const Options> options_;
  std::minstd_rand random_;
  queue::Schedule schedule_;
  std::size_t in_work_ = 0;
  std::size_t loading_ = 0;       // being read from the spool
  std::size_t connections_ = 0;   // counted by the destinations
  std::deque<std::string> line_;  // next hops that wait for a connection
  std::unique_ptr<Crowd> crowd_;
  std::unique_ptr<Slots> idle_slots_;
  std::unique_ptr<Failures> failures_;
  std::unique_ptr<Quarantine> quarantine_;
  std::map<std::uint64_t, Copying> copying_;
  std::uint64_t copies_made_ = 0;
  loop::Task drained_;
  bool draining_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for answers from elsewhere
  table::Ahead ahead_;
  std::unordered_map<std::string, std::unique_ptr<Destination>> destinations_;
  loop::Timer due_;
  loop::Timer place_free_;
};

}  // namespace signet::deliver
