// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <csignal>
#include <functional>
#include <optional>
#include <system_error>
#include <thread>

#include "base/log.hpp"
#include "cli/front.hpp"
#include "cli/kernel.hpp"
#include "cli/launchers.hpp"
#include "cli/modes.hpp"
#include "cli/setup.hpp"
#include "cli/watch.hpp"
#include "output/journal.hpp"
#include "process/memory.hpp"
#include "service/clock.hpp"
#include "service/detach.hpp"
#include "service/journal_stream.hpp"
#include "service/notify.hpp"
#include "service/pidfile.hpp"
#include "service/recorder.hpp"
#include "service/signals.hpp"
#include "source/kernel_source.hpp"

namespace dmev {
namespace {

// Does WORK in a thread of its own; where there can be none, at once.
std::thread beside(const std::function<void()>& work) {
    try {
        return std::thread{work};
    } catch (const std::system_error&) {
        work();
        return {};
    }
}

constexpr const char* default_pidfile = "/run/dmevent_tool.pid";

// READINESS is null in the foreground. The order matters: the launcher is forked while there is nothing to
// inherit, standard error goes to the parent after it, the pidfile's lock belongs to this process alone.
Result<int> watch(const Options& options, Readiness* readiness) {
    auto notify = Notify::from_environment();
    const auto level = options.debug ? log::Level::debug : log::Level::info;
    // A service in the foreground: the journal gets priorities and fields, not lines.
    if (is_journal_stream(STDERR_FILENO)) log::open(log::Sink::system, level);
    const bool in_journal = readiness || is_journal_stream(STDOUT_FILENO);
    auto launcher = Launcher::start(launcher_bodies());
    if (!launcher) return launcher.error();
    if (readiness) readiness->speak();

    Vocabulary vocabulary{options};
    vocabulary.watch_calls(options.run_dir);
    auto configuration = configure(options, vocabulary.catalogue);
    if (!configuration) return configuration.error();
    for (const auto& warning : configuration->warnings) log::warning("{}", warning);
    if (monitors_nothing(options, configuration->settings))
        return Error{ErrorKind::usage, "nothing is monitored", "",
                     "no EVENT_TYPE, no --all, and no monitor: in the configuration",
                     "name event types, or use --all; dmevent_tool --list-events shows every type"};
    tune(vocabulary.plugins, configuration->settings, vocabulary.catalogue);
    auto filter = make_filter(options, configuration->settings, vocabulary.catalogue);
    if (!filter) return filter.error();

    auto loop = Loop::create();
    if (!loop) return loop.error();
    WallClock wall;
    const auto clock = [&] { return wall.now(); };
    auto source = open_kernel(vocabulary.catalogue, clock, !options.record.empty(), *launcher);
    if (!source) return source.error();

    // Not before: whatever takes its time until here just ends.
    Signals::block();
    use_small_stacks();
    stay_in_memory();
    // The last fork of this process is behind it, and a log that hangs must not keep it from its work.
    log::in_background();
    std::optional<Pidfile> pidfile;
    if (const auto path = options.pidfile.empty() && readiness ? default_pidfile : options.pidfile;
        !path.empty()) {
        auto taken = Pidfile::take(path);
        if (!taken) return taken.error();
        pidfile.emplace(std::move(*taken));
    }

    std::optional<Launcher> service; // whom programs are asked of
    if (!options.launcher_socket.empty()) service.emplace(launcher_service(options));

    bool interrupted = false, watching = false;
    std::unique_ptr<Watch> watch;
    const auto signals = Signals::watch(*loop, [&](int signal) {
        if (signal == SIGHUP) return watch ? watch->reload() : void();
        log::info("{}: ending", signal == SIGTERM ? "SIGTERM" : "SIGINT");
        notify.stopping();
        interrupted = true;
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
    if (in_journal) {
        if (!SystemLog::has_reader())
            log::warning("neither a journal nor a syslog listens: events of a detached program go nowhere");
        system_log.emplace(options.json);
    } else if (auto r = front.open(*loop, options); !r)
        return r.error();

    std::optional<Error> refused;
    // Without it no device can be read anew and nothing be run: whoever supervises us had better start us
    // again.
    auto orphaned = loop->watch(launcher->socket(), 0, [&](std::uint32_t) {
        refused =
            Error{ErrorKind::failed, "the launcher is gone", "", "its process has ended", "start again"};
        loop->stop();
    });
    if (!orphaned) return orphaned.error();
    const auto ready = [&] {
        if (readiness) {
            log::open(log::Sink::system, level);
            if (auto r = readiness->ready(); !r) {
                refused = r.error();
                return loop->stop();
            }
        }
        watching = true;
        notify.ready("watching");
        log::info("watching");
    };
    auto opened = Watch::open(
        {options, *loop, service ? *service : *launcher, *launcher, notify, **source, vocabulary, clock,
         system_log ? nullptr : &front, system_log ? &*system_log : nullptr, recorder.get(), ready},
        std::move(*configuration), std::move(*filter));
    if (!opened) return opened.error();
    watch = std::move(*opened);
    if (auto r = watch->start(); !r) return r.error();
    const Watchdog watchdog{*loop, notify};
    if (auto r = loop->run(); !r) return r.error();
    if (refused) return *refused;
    if (readiness && interrupted && !watching)
        return Error{ErrorKind::failed, "stopped by a signal before it was ready", "", "", ""};

    watch->end();
    // Each may take a second if its reader or disk hangs; together they take no more,
    // nor does a log that hangs by then add to it.
    auto recording = beside([&] {
        if (recorder) recorder->drain();
    });
    auto remembering = beside([&] { watch->drain(); });
    if (system_log)
        system_log.reset();
    else
        front.drain();
    if (recording.joinable()) recording.join();
    if (remembering.joinable()) remembering.join();
    return front.lost() || (options.once && watch->failed()) ? 1 : 0;
}

} // namespace

Result<int> monitor_mode(const Options& options) {
    if (options.foreground) return watch(options, nullptr);
    return detach([&](Readiness& readiness) { return conclude(watch(options, &readiness)); });
}

} // namespace dmev
