// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "base/log.hpp"
#include "cli/kernel.hpp"
#include "cli/modes.hpp"
#include "cli/setup.hpp"
#include "output/journal.hpp"
#include "service/clock.hpp"
#include "service/detach.hpp"
#include "service/monitor.hpp"
#include "service/outlet.hpp"
#include "service/pidfile.hpp"
#include "service/recorder.hpp"
#include "service/signals.hpp"
#include "source/kernel_source.hpp"

namespace dmev {
namespace {

constexpr const char* default_pidfile = "/run/dmevent_tool.pid";

// Events on standard output while in the foreground.
class Front {
 public:
    // Stops LOOP when the reader of standard output leaves, at once if the kernel tells, else at the next
    // write.
    Result<> open(Loop& loop, const Options& options) {
        loop_ = &loop;
        Fd copy{fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)};
        if (!copy) return errno_error("cannot use standard output", "", errno);
        auto outlet = Outlet::open(loop, std::move(copy), "standard output", [this](int e) { failed(e); });
        if (!outlet) return outlet.error();
        outlet_ = std::move(*outlet);
        output_ = make_output(options, [this](std::string&& lines) { outlet_->write(std::move(lines)); });
        watched_ = bool{loop.watch(STDOUT_FILENO, 0, [this](std::uint32_t) { left(); })}; // not for files
        return {};
    }
    ~Front() {
        if (watched_) loop_->forget(STDOUT_FILENO);
    }
    void event(const Event& event) { output_->event(event); }
    void drain() { outlet_->drain(); }
    bool lost() const { return lost_; }

 private:
    void failed(int errno_value) {
        if (Stdout::reader_left(errno_value)) return left();
        lost_ = true;
        log::error("{}; watching goes on",
                   errno_error("cannot write to standard output", "", errno_value).text());
    }
    void left() {
        if (watched_) loop_->forget(STDOUT_FILENO);
        watched_ = false;
        loop_->stop();
    }

    Loop* loop_ = nullptr;
    std::unique_ptr<Outlet> outlet_;
    std::unique_ptr<Output> output_;
    bool watched_ = false;
    bool lost_ = false;
};

// READINESS is null in the foreground. The order matters: the launcher is forked while there is nothing to
// inherit, standard error goes to the parent after it, the pidfile's lock belongs to this process alone.
Result<int> watch(const Options& options, Readiness* readiness) {
    auto launcher = Launcher::start(reader_main);
    if (!launcher) return launcher.error();
    if (readiness) readiness->speak();

    const Vocabulary vocabulary{options};
    auto filter = make_filter(options, vocabulary.catalogue);
    if (!filter) return filter.error();

    auto loop = Loop::create();
    if (!loop) return loop.error();
    WallClock wall;
    const auto clock = [&] { return wall.now(); };
    auto source = open_kernel(vocabulary.catalogue, clock, !options.record.empty(), *launcher);
    if (!source) return source.error();

    // Not before: whatever takes its time until here just ends.
    Signals::block();
    std::optional<Pidfile> pidfile;
    if (const auto path = options.pidfile.empty() && readiness ? default_pidfile : options.pidfile;
        !path.empty()) {
        auto taken = Pidfile::take(path);
        if (!taken) return taken.error();
        pidfile.emplace(std::move(*taken));
    }

    const auto signals = Signals::watch(*loop, [&](int signal) {
        if (signal == SIGHUP) return log::info("SIGHUP: there is nothing to read again");
        log::info("{}: ending", signal == SIGTERM ? "SIGTERM" : "SIGINT");
        loop->stop();
    });
    if (!signals) return signals.error();

    std::unique_ptr<Recorder> recorder;
    if (!options.record.empty()) {
        auto opened = Recorder::open(*loop, options.record);
        if (!opened) return opened.error();
        recorder = std::move(*opened);
    }
    Front front;
    std::optional<SystemLog> system_log;
    if (readiness)
        system_log.emplace(options.json);
    else if (auto r = front.open(*loop, options); !r)
        return r.error();

    std::optional<Error> refused;
    Monitor::Ports ports;
    ports.clock = clock;
    ports.report = [&](const Event& event) { system_log ? system_log->event(event) : front.event(event); };
    if (recorder) ports.record = [&](const Observation& observation) { recorder->record(observation); };
    ports.ready = [&] {
        if (readiness) {
            log::open(log::Sink::system, options.debug ? log::Level::debug : log::Level::info);
            if (auto r = readiness->ready(); !r) {
                refused = r.error();
                return loop->stop();
            }
        }
        log::info("watching");
    };
    Monitor monitor{*loop,
                    **source,
                    vocabulary.catalogue,
                    vocabulary.plugins,
                    {std::move(*filter), options.once, EngineOptions{}},
                    std::move(ports)};
    if (auto r = monitor.start(); !r) return r.error();
    if (auto r = loop->run(); !r) return r.error();
    if (refused) return *refused;

    // Each may take a second if its reader or disk hangs; together they take no more.
    std::thread recording{[&] {
        if (recorder) recorder->drain();
    }};
    if (system_log)
        system_log.reset();
    else
        front.drain();
    recording.join();
    return front.lost() ? 1 : 0;
}

} // namespace

Result<int> monitor_mode(const Options& options) {
    if (!options.all && options.types.empty())
        return Error{ErrorKind::usage, "nothing is monitored", "", "no EVENT_TYPE and no --all",
                     "name event types, or use --all; dmevent_tool --list-events shows every type"};
    if (options.foreground) return watch(options, nullptr);
    return detach([&](Readiness& readiness) { return conclude(watch(options, &readiness)); });
}

} // namespace dmev
