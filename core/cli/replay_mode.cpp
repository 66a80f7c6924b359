// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>

#include "base/log.hpp"
#include "cli/configuration.hpp"
#include "cli/modes.hpp"
#include "cli/setup.hpp"
#include "engine/engine.hpp"
#include "service/rehearsal.hpp"
#include "source/recording.hpp"

namespace dmev {
namespace {

// A recording through engine, filter and, where asked for, the rules, which never run anything here.
class Player {
 public:
    Player(const Options& options, const Vocabulary& vocabulary, const Configuration& configuration,
           const Filter& filter, const Filter& monitored, Output& output, std::function<bool()> open)
        : options_(options),
          filter_(filter),
          monitored_(monitored),
          output_(output),
          open_(std::move(open)),
          engine_(vocabulary.catalogue, vocabulary.plugins, engine_options(configuration.settings),
                  [this](Event&& event) { events_.push_back(std::move(event)); }) {
        if (!options.dry_run && !options.explain) return;
        rehearsal_.emplace(
            configuration.rules, vocabulary.plugins,
            Facts{.target = [this](const DeviceId& id, std::uint32_t i) { return engine_.target(id, i); },
                  .current = [this](const Event& event) { return engine_.current(event); }},
            [this](const Decision& decision) {
                if (filter_.selection.wants_type(decision.event_type)) output_.decision(decision);
            },
            options.explain);
    }

    void observe(const Observation& observation) {
        // Appointments of the rules that come first are kept first, with what was so then.
        for (auto due = appointment(); due && *due <= observation.at && !done_; due = appointment()) {
            engine_.advance(*due);
            tell();
            rehearsal_->advance(*due);
        }
        engine_.observe(observation);
        tell();
    }
    void finish() {
        engine_.finish();
        tell();
    }
    bool done() const { return done_; }

 private:
    std::optional<Time> appointment() const { return rehearsal_ ? rehearsal_->due() : std::nullopt; }
    void tell() {
        for (const auto& event : std::exchange(events_, {})) {
            if (done_) continue;
            if (filter_.wants(event)) {
                output_.event(event);
                done_ = !open_() || (options_.once && ends_once(event));
            }
            // Rules see what they would have seen, whatever is shown of it.
            if (rehearsal_ && monitored_.wants(event)) rehearsal_->take(event);
        }
    }

    const Options& options_;
    const Filter &filter_, &monitored_;
    Output& output_;
    std::function<bool()> open_;
    std::vector<Event> events_;
    bool done_ = false;
    Engine engine_;
    std::optional<Rehearsal> rehearsal_;
};

} // namespace

Result<int> replay_mode(const Options& options) {
    Vocabulary vocabulary{options};
    auto configuration = configure(options, vocabulary.catalogue);
    if (!configuration) return configuration.error();
    tune(vocabulary.plugins, configuration->settings, vocabulary.catalogue);
    auto shown = configuration->settings;
    shown.monitor.clear(); // limits what rules see, not what is shown
    const auto filter = make_filter(options, shown, vocabulary.catalogue);
    if (!filter) return filter.error();

    Stdout out;
    const auto output = make_output(options, [&](std::string&& lines) { out.write(std::move(lines)); });
    const auto monitored = make_filter(Options{}, configuration->settings, vocabulary.catalogue);
    if (!monitored) return monitored.error();
    Player player{
        options, vocabulary, *configuration, *filter, *monitored, *output, [&] { return out.open(); }};
    bool bad_lines = false;
    const auto replayed = replay(
        options.replay, [&](Observation&& observation) { player.observe(observation); },
        [&](const Error& bad) {
            bad_lines = true;
            log::error("{}", bad.text());
        },
        [&] { return player.done(); });
    if (!replayed) return replayed.error();
    if (!player.done()) player.finish();
    if (auto r = out.result(); !r) return r.error();
    return bad_lines ? 1 : 0;
}

} // namespace dmev
