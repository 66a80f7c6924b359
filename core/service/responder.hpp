// SPDX-License-Identifier: Apache-2.0
// Does what the rules say: between the monitor (events, readings), the decider (when), the runner (how) and
// the programs. The results are events too, which come back to the rules. Single-threaded, in the loop.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "action/runner.hpp"
#include "process/launcher.hpp"
#include "process/programs.hpp"
#include "rules/decider.hpp"
#include "service/reactor.hpp"
#include "service/rehearsal.hpp"

namespace dmev {

// What an earlier instance left to a responder that remembers.
struct Inheritance {
    std::optional<std::vector<Remembered>> rows; // none: that is not known
    Millis stale_after{0};                       // what happened longer ago is not done any more
};

class Responder : public Reactor {
 public:
    struct Ports {
        Facts facts;
        std::function<Time()> clock;
        std::function<void(DevNum, Time by)> read_again;
        std::function<void(const Event&)> report;       // action.*
        std::function<void(const Decision&)> rehearsed; // of rules that only say what they would do
        std::function<void()> changed;                  // due() or idle() may be another now
        std::function<void(const Decision&)> decided;   // why what runs, or waits; may be empty
        // What changed() gives is to be kept before it returns; empty: nobody remembers.
        std::function<void()> remember;
    };
    // How the programs are run: by LaunchedPrograms, or by a test.
    using MakePrograms = std::function<Result<std::unique_ptr<Programs>>(Programs::Sink)>;

    // References must outlive it. Takes over what an earlier instance left behind.
    static Result<std::unique_ptr<Responder>> open(Loop& loop, const MakePrograms& make,
                                                   const Catalogue& catalogue,
                                                   std::span<const Plugin> plugins,
                                                   std::shared_ptr<const Rulebook> rules,
                                                   LimitSettings limits, Ports ports,
                                                   Inheritance inheritance = {});
    ~Responder() override;

    std::vector<Remembered> changed(); // of rules and of what runs
    // What an earlier boot remembered.
    void restore_late(std::span<const Remembered> rows, Millis stale_after);
    // A condition of our own: PART of the store cannot be written, and why; empty: it can again.
    void store_state(const std::string& part, const std::string& why);

    void take_all(std::span<const Event> events) override;
    void advance(Time now) override;
    std::optional<Time> due() const override;
    void looked(DevNum device) override;
    void ready() override;
    bool idle() const override;
    bool failed() const override { return failed_; }

    void reload(std::shared_ptr<const Rulebook> rules, LimitSettings limits);

 private:
    Responder(const Catalogue& catalogue, std::span<const Plugin> plugins,
              std::shared_ptr<const Rulebook> rules, Ports ports);
    void pump();
    void say(Event&& event);
    std::optional<Event> current(const Event& event) const;
    std::vector<Event> standing() const;
    void suspended(const Rule& rule, const Event& about, State state);
    Event suspension(const Rule& rule, const Event& about, State state) const;
    void decided(const Verdict& verdict);
    void inherit(std::span<const Remembered> rows, Millis stale_after);
    void give_to_rules();
    Event own_event(const char* type, State state) const;

    const Catalogue& catalogue_;
    std::span<const Plugin> plugins_;
    Ports ports_;
    std::unique_ptr<Programs> programs_;
    std::vector<Firing> firings_; // decided, not handed to the runner yet
    std::vector<Event> inbox_;    // said by the runner, not seen by the rules yet
    std::map<std::tuple<std::string, std::string, std::string>, Event> own_; // conditions that are ours
    Event taken_; // the event that the rules see, or saw last
    // What ended before every device was read: only then can be told what came of it.
    std::vector<std::pair<std::string, Ended>> early_;
    bool inherited_ = false; // nothing begins before ready()
    bool ready_ = false;
    bool pumping_ = false;
    bool failed_ = false;
    std::uint64_t counter_ = 0;
    Decider decider_;
    std::unique_ptr<Runner> runner_;
};

} // namespace dmev
