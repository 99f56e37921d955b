// What this machine remembers of its appliance, so that status, logs, resume and uninstall need no stick.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bundle/bundle.h"
#include "bundle/trust.h"
#include "installer/commands/surroundings.h"
#include "installer/plan/answers.h"
#include "installer/plan/facts.h"
#include "installer/plan/ticket.h"
#include "installer/run/journal.h"

namespace rootcellar {

class KeptState {
 public:
  explicit KeptState(Surroundings& surroundings) : host_(surroundings.host), paths_(surroundings.paths) {}

  /// The keys pinned by the first install; nothing before it.
  std::optional<TrustPolicy> pinned() const;
  void pin(const TrustPolicy& policy);
  /// The key of the site this machine belongs to: its own, or that of the ticket it joined by.
  std::optional<PublicKey> pinned_site() const;
  void pin_site(const PublicKey& key);
  /// The highest serial of `product` ever installed here; 0: none.
  std::uint64_t highest_serial(const std::string& product) const;
  void remember_serial(const Header& header);

  /// Header text, signatures and stored index, in a folder of the bundle's own: enough for open() as soon as a plan record in the journal
  /// names the bundle.
  void keep(const Bundle& bundle);
  /// Removes what is kept of bundles that are no longer the journal's.
  void forget_other_bundles();
  /// The kept bundle, verified against the pinned keys again; nothing when none is installed.
  std::optional<Bundle> open(const std::optional<BundleCandidate>& volumes = std::nullopt) const;
  std::optional<InstalledBundle> installed() const;

  void keep_answers(const Answers& answers);
  std::optional<Answers> answers() const;

  std::string trust_path() const { return path_join(paths_.config, "trust.yaml"); }
  std::string site_key_path() const { return path_join(paths_.config, "site.pub"); }
  std::string answers_path() const { return path_join(paths_.config, "answers.yaml"); }
  std::string journal_path() const { return path_join(paths_.state, "journal"); }
  std::string events_path() const { return path_join(paths_.logs, "events.jsonl"); }
  void make_directories();
  /// Removes all of it, the program and the logs too; `with_journal` false keeps the journal, which knows where kept data lies.
  void forget(bool with_journal);

 private:
  std::string folder_of(const std::string& id) const { return path_join(paths_.state, "bundle-" + id); }
  /// Of the bundle that the journal's last plan is about; who may not read the journal takes what is kept. Empty: none.
  std::string present_folder() const;
  std::vector<std::string> folders() const;
  std::string serial_path(const std::string& product) const;
  std::optional<std::string> readable_answers() const;
  void remove_directory_if_empty(const std::string& path);

  HostSystem& host_;
  SitePaths paths_;
};

/// The plan record that the journal ends with, and what became of it.
struct JournaledPlan {
  std::vector<Step> steps;
  std::vector<std::string> places;  ///< where the volumes were
  bool finished = false;
  std::optional<JoinTicket> join{};  ///< the cluster that this machine joins by the plan, without the ticket's secrets
};
std::optional<JournaledPlan> journaled_plan(const std::vector<JournalRecord>& records);
JournalRecord plan_record(const Bundle& bundle, const std::vector<Step>& steps, const std::vector<std::string>& places, std::int64_t now,
                          const std::optional<JoinTicket>& join = std::nullopt);

}  // namespace rootcellar
