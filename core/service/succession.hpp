// SPDX-License-Identifier: Apache-2.0
// What outlives us: collects what engine, decider and runner would have a successor know, commits it to the
// ledger before it matters, and gives the history a copy for after a reboot. In the loop; never waits for a
// disk.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/remembered.hpp"
#include "store/ledger.hpp"

namespace dmev {

class Succession {
 public:
    struct Ports {
        // Each gives what changed of its own since it was last asked.
        std::vector<std::function<std::vector<Remembered>()>> changed;
        // The same, of what rules owe: it may not wait.
        std::function<std::vector<Remembered>()> owed;
        std::function<void(std::vector<Remembered>)> copy; // for after a reboot; may be empty
        std::function<void(const std::string& why)> state; // why nothing can be kept; empty: it can again
    };
    // The ledger is that of RUN_DIR, which is there.
    explicit Succession(const std::string& run_dir,
                        std::chrono::milliseconds try_again = std::chrono::seconds{5})
        : file_(run_dir + "/ledger.db"), try_again_(try_again) {}

    // What an earlier instance left, to be called once; none: nothing is known of it, since that could not be
    // used. BEGIN_ANEW: it is forgotten.
    std::optional<std::vector<Remembered>> inherit(bool begin_anew);
    // Everything that is to be kept, for a copy that is begun anew.
    std::vector<Remembered> everything() const;
    void connect(Ports ports);

    // To be called before a program is started or forgotten. Costs next to nothing when nothing changed. A
    // ledger that is damaged is begun anew from memory; any other that fails is tried again with all that it
    // lacks.
    void keep();
    // To be called when everything that was to be done about what came in is done: keeps it if rules owe
    // more, or less, than before. What a successor finds out by itself can wait for keep(), and be kept with
    // more of it.
    void keep_owed();

 private:
    using Key = std::pair<std::string, std::string>; // kind and key
    using Clock = std::chrono::steady_clock;

    void collect(const std::function<std::vector<Remembered>()>& changed);
    void take_note(Remembered&& row);
    Result<> open_late();
    Result<> commit(std::string& mended);
    void say(const std::string& why);

    const std::string file_;
    const std::chrono::milliseconds try_again_; // what takes longer than a commit
    Ports ports_;
    std::optional<Ledger> ledger_; // none: it cannot be opened
    std::map<Key, std::string> all_;
    std::set<Key> unkept_; // what of it the ledger lacks
    std::string why_;      // nothing can be kept
    Clock::time_point not_before_{};
};

// Of the running kernel; empty where it does not say.
std::string boot_id();

} // namespace dmev
