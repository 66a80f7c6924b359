// SPDX-License-Identifier: Apache-2.0
// The program while it watches: configuration, monitor and responder, and what SIGHUP changes of them.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <set>

#include "cli/configuration.hpp"
#include "cli/front.hpp"
#include "cli/setup.hpp"
#include "output/journal.hpp"
#include "process/keeper.hpp"
#include "process/launcher.hpp"
#include "service/archive.hpp"
#include "service/background.hpp"
#include "service/lvm_need.hpp"
#include "service/monitor.hpp"
#include "service/notify.hpp"
#include "service/pidfile.hpp"
#include "service/recorder.hpp"
#include "service/rehearsal.hpp"
#include "service/responder.hpp"
#include "service/status_line.hpp"
#include "service/succession.hpp"

namespace dmev {

class LaunchedPrograms;

class Watch {
 public:
    // The references must outlive it. Exactly one of FRONT and SYSTEM_LOG is given; RECORDER may be null.
    struct Means {
        const Options& options;
        Loop& loop;
        Launcher& launcher; // of programs
        Launcher& helpers;  // ours, also of the history's process
        Notify& notify;
        Source& source;
        Vocabulary& vocabulary;
        std::function<Time()> clock;
        Front* front = nullptr;
        SystemLog* system_log = nullptr;
        Recorder* recorder = nullptr;
        std::function<void()> ready;
    };
    static Result<std::unique_ptr<Watch>> open(Means means, Configuration configuration, Filter filter);

    Result<> start() { return monitor_.start(); }
    // At the end: keeps what a successor must know.
    void end();
    // After it, on any one thread: what is still to be written is, for at most a second.
    void drain();
    // Reads the configuration again, elsewhere; takes it when it is right, as a whole.
    void reload();
    bool failed() const { return reactor_ && reactor_->failed(); } // an action has, for good

 private:
    Watch(Means means, Configuration configuration, Filter filter);
    Result<> open_reactor();
    void take(Result<Configuration>&& read);
    void decided(const Decision& decision);
    Monitor::Ports ports();
    std::string status() const;
    void keep_ready();
    void keep_lvm_ready();
    bool serves() const;
    std::optional<std::vector<Remembered>> inherit();
    void connect();
    void keep_soon();
    void open_archive();
    bool may_act(std::chrono::milliseconds patience);
    std::shared_ptr<const Rulebook> rules_to_follow(std::chrono::milliseconds patience);

    Means means_;
    Configuration configuration_;
    Monitor monitor_;
    StatusLine status_line_;
    std::unique_ptr<Background> background_;
    LaunchedPrograms* programs_ = nullptr; // the reactor's
    std::optional<Keeper> keeper_;
    std::set<std::string> lvm_families_; // whose hooks rules use
    std::optional<LvmNeed> lvm_need_;
    std::unique_ptr<Reactor> reactor_;
    Responder* responder_ = nullptr; // is reactor_, unless nothing is to be run
    Rehearsal* rehearsal_ = nullptr;
    std::optional<Succession> succession_; // of who has the right to act, and goes on where it was
    std::unique_ptr<Archive> archive_;
    Loop::TimerId keep_ = 0;
    std::optional<Pidfile> acting_; // the right to do what rules say, on this machine
    bool unguarded_ = false;        // there is no place for it: then nobody else is looked for
    bool again_ = false;            // SIGHUP came while the configuration was being read
};

} // namespace dmev
