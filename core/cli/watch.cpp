// SPDX-License-Identifier: Apache-2.0
#include "cli/watch.hpp"

#include "base/log.hpp"
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
               {std::move(filter), means_.options.once, engine_options(configuration_.settings)}, ports()) {}

Monitor::Ports Watch::ports() {
    Monitor::Ports ports;
    ports.clock = means_.clock;
    ports.report = [this](const Event& event) {
        means_.system_log ? means_.system_log->event(event) : means_.front->event(event);
    };
    if (means_.recorder)
        ports.record = [this](const Observation& observation) { means_.recorder->record(observation); };
    ports.ready = means_.ready;
    return ports;
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
        .current = [this](const Event& event) { return monitor_.engine().current(event); }};
    const auto say = [this](const Decision& decision) { decided(decision); };
    if (means_.options.dry_run || configuration_.settings.dry_run) {
        auto rehearsal = std::make_unique<Rehearsal>(configuration_.rules, means_.vocabulary.plugins, facts,
                                                     say, means_.options.explain);
        rehearsal_ = rehearsal.get();
        reactor_ = std::move(rehearsal);
        monitor_.react(*reactor_);
        return {};
    }
    // Without a configuration nothing is run, and nothing is taken over from whoever ran something.
    const auto run_dir = configuration_.settings.files.empty() ? std::string{} : means_.options.run_dir;
    auto responder = Responder::open(
        means_.loop,
        [&](Programs::Sink sink) -> Result<std::unique_ptr<Programs>> {
            auto programs = LaunchedPrograms::open(means_.loop, means_.launcher, run_dir, std::move(sink));
            if (!programs) return programs.error();
            return std::unique_ptr<Programs>{std::move(*programs)};
        },
        means_.vocabulary.catalogue, means_.vocabulary.plugins, configuration_.rules,
        configuration_.settings.limits,
        {.facts = facts,
         .clock = means_.clock,
         .read_again = [this](DevNum device, Time by) { monitor_.read_again(device, by); },
         .report = [this](const Event& event) { monitor_.report(event); },
         .rehearsed = say,
         .changed = [this] { monitor_.reconsider(); }});
    if (!responder) return responder.error();
    responder_ = responder->get();
    reactor_ = std::move(*responder);
    monitor_.react(*reactor_);
    return {};
}

void Watch::reload() {
    if (means_.options.no_config) return log::info("SIGHUP: with --no-config there is nothing to read again");
    if (background_->busy()) {
        again_ = true;
        return;
    }
    log::info("SIGHUP: reading the configuration again");
    struct Read {
        Settings settings;
        Diagnostics diagnostics;
    };
    auto result = std::make_shared<Read>();
    const auto place = config_place(means_.options);
    background_->run([result, place] { result->settings = load_settings(place, result->diagnostics); },
                     [this, result] { take(std::move(result->settings), std::move(result->diagnostics)); });
}

void Watch::take(Settings&& settings, Diagnostics&& diagnostics) {
    if (std::exchange(again_, false)) return reload(); // what was read may be old already
    const auto refuse = [](const Error& error) {
        log::error("{}; the rules stay as they were", error.text());
    };
    const auto& catalogue = means_.vocabulary.catalogue;
    auto read = resolve(std::move(settings), std::move(diagnostics), catalogue);
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
    const auto tuned = tune(means_.vocabulary.plugins, read->settings, catalogue);
    configuration_ = std::move(*read);
    monitor_.retune(std::move(*filter), engine_options(configuration_.settings), tuned);
    if (responder_)
        responder_->reload(configuration_.rules, configuration_.settings.limits);
    else
        rehearsal_->reload(configuration_.rules, means_.clock());
    monitor_.reconsider();
}

} // namespace dmev
