// SPDX-License-Identifier: Apache-2.0
#include "cli/watch.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "action/plan.hpp"
#include "base/log.hpp"
#include "cli/programs.hpp"
#include "output/json_parts.hpp"
#include "process/launched_programs.hpp"

namespace dmev {

Result<std::unique_ptr<Watch>> Watch::open(Means means, Configuration configuration, Filter filter) {
    std::unique_ptr<Watch> watch{new Watch{std::move(means), std::move(configuration), std::move(filter)}};
    auto background = Background::open(watch->means_.loop);
    if (!background) return background.error();
    watch->background_ = std::move(*background);
    if (auto r = watch->open_reactor(); !r) return r.error();
    return watch;
}

Watch::Watch(Means means, Configuration configuration, Filter filter)
    : means_(std::move(means)),
      configuration_(std::move(configuration)),
      monitor_(means_.loop, means_.source, means_.vocabulary.catalogue, means_.vocabulary.plugins,
               {std::move(filter), means_.options.once, engine_options(configuration_.settings)}, ports()),
      status_line_(means_.loop, means_.notify, [this] { return status(); }) {}

Monitor::Ports Watch::ports() {
    Monitor::Ports ports;
    ports.clock = means_.clock;
    ports.report = [this](const Event& event) {
        means_.system_log ? means_.system_log->event(event) : means_.front->event(event);
        if (archive_) archive_->event(event);
    };
    ports.settled = [this] {
        keep_soon();
        if (lvm_need_) lvm_need_->look();
    };
    ports.record = [this](const Observation& observation) {
        if (means_.recorder) means_.recorder->record(observation);
        status_line_.changed();
    };
    ports.ready = means_.ready;
    return ports;
}

std::string Watch::status() const {
    const auto devices = monitor_.engine().devices();
    std::size_t hold = 0;
    for (const auto& device : devices) hold += device.holding.size();
    const auto count = [](std::size_t n, const char* what) {
        return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
    };
    return fmt::format("watching {}, {} {}", count(devices.size(), "device"), count(hold, "condition"),
                       hold == 1 ? "holds" : "hold");
}

void Watch::decided(const Decision& decision) {
    if (means_.front) return means_.front->decision(decision);
    for (const auto& step : decision.steps)
        log::info("rule '{}' would run {} on {}: {}", escape(decision.rule), escape(step.action),
                  escape(decision.device), escape(step.refused.empty() ? decision.why : step.refused));
}

Result<> Watch::open_reactor() {
    const Facts facts{
        .target = [this](const DeviceId& id, std::uint32_t i) { return monitor_.engine().target(id, i); },
        .current = [this](const Event& event) { return monitor_.engine().current(event); },
        .standing = [this] { return monitor_.standing(); }};
    const auto say = [this](const Decision& decision) { decided(decision); };
    if (means_.options.dry_run || configuration_.settings.dry_run) {
        auto rehearsal = std::make_unique<Rehearsal>(configuration_.rules, means_.vocabulary.plugins, facts,
                                                     say, means_.options.explain);
        rehearsal_ = rehearsal.get();
        reactor_ = std::move(rehearsal);
        monitor_.react(*reactor_);
        return {};
    }
    // One that is ending has two seconds.
    auto rules = rules_to_follow(std::chrono::seconds{3});
    if (serves() && configuration_.rules->rules.empty()) may_act(std::chrono::seconds{3});
    auto inherited = inherit();
    // Who does not act takes nothing over from whoever did, and keeps nothing.
    const auto run_dir = acting_ ? means_.options.run_dir : std::string{};
    auto responder = Responder::open(
        means_.loop,
        [&](Programs::Sink sink) -> Result<std::unique_ptr<Programs>> {
            auto programs = LaunchedPrograms::open(means_.loop, means_.launcher, run_dir, std::move(sink));
            if (!programs) return programs.error();
            programs_ = programs->get();
            return std::unique_ptr<Programs>{std::move(*programs)};
        },
        means_.vocabulary.catalogue, means_.vocabulary.plugins, std::move(rules),
        configuration_.settings.limits,
        {.facts = facts,
         .clock = means_.clock,
         .read_again = [this](DevNum device, Time by) { monitor_.read_again(device, by); },
         .report = [this](const Event& event) { monitor_.report(event); },
         .rehearsed = say,
         .changed = [this] { monitor_.reconsider(); },
         .decided =
             [this](const Decision& decision) {
                 if (archive_) archive_->decision(decision.time, decision.event, decision_json(decision));
             },
         .remember = succession_ ? [this] { succession_->keep(); } : std::function<void()>{}},
        {std::move(inherited), configuration_.settings.limits.stale_after});
    if (!responder) return responder.error();
    keep_ready();
    keep_lvm_ready();
    responder_ = responder->get();
    reactor_ = std::move(*responder);
    monitor_.react(*reactor_);
    connect();
    return {};
}

// Two instances that act would page twice and extend twice: one of them only shows.
bool Watch::may_act(std::chrono::milliseconds patience) {
    if (acting_ || unguarded_) return true;
    const auto& run_dir = means_.options.run_dir;
    std::error_code ignored;
    std::filesystem::create_directory(run_dir, ignored); // one that cannot be made is told of below
    auto taken = Pidfile::take(run_dir + "/acting.pid", patience);
    if (taken) {
        acting_.emplace(std::move(*taken));
        return true;
    }
    unguarded_ = !Pidfile::is_taken(taken.error());
    if (unguarded_)
        log::warning("{}; rules are followed, though another instance may do the same", taken.error().text());
    else
        log::warning(
            "{} {}: {}; this one follows no rules, and only shows what happens; stop the other, or "
            "name another --run-dir",
            taken.error().what, taken.error().object, taken.error().why);
    return unguarded_;
}

// Who follows no rules runs nothing.
void Watch::keep_ready() {
    auto order = acting_ || unguarded_ ? to_keep(configuration_.settings) : KeepOrder{};
    if (!keeper_ && order.paths.empty()) return;
    if (!keeper_)
        keeper_.emplace(means_.loop, means_.launcher, [](const Kept& kept) {
            log::info("{} file{} with {} KiB are kept in memory, to run programs without their disk",
                      kept.files, kept.files == 1 ? "" : "s", kept.bytes >> 10);
            for (const auto& lack : kept.lacks) log::warning("{}", lack);
        });
    if (!order.paths.empty()) programs_->expect();
    keeper_->keep(std::move(order));
}

// As keep_ready().
void Watch::keep_lvm_ready() {
    const auto& settings = configuration_.settings;
    lvm_families_.clear();
    if ((acting_ || unguarded_) && settings.limits.waiting_lvm)
        lvm_families_ = families_of_hooks(*configuration_.rules, means_.vocabulary.plugins);
    if (lvm_families_.empty()) {
        lvm_need_.reset();
        return programs_->expect_lvm(std::nullopt);
    }
    if (!lvm_need_)
        lvm_need_.emplace(
            means_.loop,
            LvmNeed::Ports{[this] { return monitor_.engine().prospect(lvm_families_); },
                           [this](bool needed) {
                               programs_->expect_lvm(needed ? std::optional{lvm_of_hooks()} : std::nullopt);
                           }});
    lvm_need_->look();
}

std::shared_ptr<const Rulebook> Watch::rules_to_follow(std::chrono::milliseconds patience) {
    const auto& rules = configuration_.rules;
    return rules->rules.empty() || may_act(patience) ? rules : std::make_shared<Rulebook>();
}

void Watch::reload() {
    means_.notify.reloading();
    means_.vocabulary.bring_back(); // also where there is no configuration to read
    if (means_.options.no_config) {
        log::info("SIGHUP: with --no-config there is nothing to read again");
        return means_.notify.ready();
    }
    if (background_->busy()) {
        log::info("SIGHUP: the configuration is still being read; it will be read once more");
        again_ = true;
        return;
    }
    log::info("SIGHUP: reading the configuration again");
    // The catalogue does not change while we watch, so that the thread may look at it.
    auto read = std::make_shared<Result<Configuration>>(Configuration{});
    const auto started = background_->run(
        [read, &options = means_.options, &catalogue = means_.vocabulary.catalogue] {
            *read = configure(options, catalogue);
        },
        [this, read] {
            take(std::move(*read));
            if (!background_->busy()) means_.notify.ready();
        });
    if (started) return;
    log::error("{}; the rules stay as they were", started.error().text());
    means_.notify.ready();
}

void Watch::take(Result<Configuration>&& read) {
    if (std::exchange(again_, false)) return reload(); // what was read may be old already
    const auto refuse = [](const Error& error) {
        log::error("{}; the rules stay as they were", error.text());
    };
    const auto& catalogue = means_.vocabulary.catalogue;
    if (!read) return refuse(read.error());
    if (monitors_nothing(means_.options, read->settings))
        return refuse(Error{ErrorKind::bad_config, "the configuration monitors nothing", "",
                            "it has no monitor:, and the command line names no EVENT_TYPE", "add monitor:"});
    auto filter = make_filter(means_.options, read->settings, catalogue);
    if (!filter) return refuse(filter.error());
    for (const auto& warning : read->warnings) log::warning("{}", warning);

    const auto differences = changes(configuration_.settings, read->settings);
    for (const auto& line : differences) log::info("changed: {}", escape(line));
    if (differences.empty()) log::info("the configuration is as it was");
    if (read->settings.dry_run != configuration_.settings.dry_run)
        log::warning("dry_run: takes effect at the next start");
    if (read->settings.history.file.text != configuration_.settings.history.file.text)
        log::warning("history: file: takes effect at the next start; until then the old one is written");
    const auto tuned = tune(means_.vocabulary.plugins, read->settings, catalogue);
    configuration_ = std::move(*read);
    monitor_.retune(std::move(*filter), engine_options(configuration_.settings), tuned);
    if (responder_) {
        responder_->reload(rules_to_follow({}), configuration_.settings.limits);
        keep_ready();
        keep_lvm_ready();
    } else
        rehearsal_->reload(configuration_.rules, means_.clock());
    monitor_.reconsider();
}

} // namespace dmev
