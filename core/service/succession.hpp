// SPDX-License-Identifier: Apache-2.0
// What outlives us: collects what engine, decider and runner would have a successor know, commits it to the
// ledger before it matters, and gives the history a copy for after a reboot. In the loop; never waits for a
// disk.
#pragma once
#include <functional>
#include <map>
#include <optional>
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
        std::function<void(std::vector<Remembered>)> copy; // for after a reboot; may be empty
        std::function<void(const std::string& why)> state; // why nothing can be kept; empty: it can again
    };
    // The ledger in RUN_DIR, which is there.
    static Result<Succession> open(const std::string& run_dir);

    // What an earlier instance left, to be called once; none: nothing is known of it, since that could not be
    // used. BEGIN_ANEW: it is forgotten.
    Result<std::optional<std::vector<Remembered>>> inherit(bool begin_anew);
    // Everything that is kept, for a copy that is begun anew.
    std::vector<Remembered> everything();
    void connect(Ports ports) { ports_ = std::move(ports); }

    // To be called before a program is started or forgotten, and when everything that was to be done about
    // what came in is done. Costs next to nothing when nothing changed.
    void keep();

 private:
    explicit Succession(Ledger ledger) : ledger_(std::move(ledger)) {}
    Ledger ledger_;
    Ports ports_;
    std::map<std::pair<std::string, std::string>, std::string> unkept_; // could not be committed yet
    bool failed_ = false, keeping_ = false;
};

// Of the running kernel; empty where it does not say.
std::string boot_id();

} // namespace dmev
