// SPDX-License-Identifier: Apache-2.0
// --explain without a recording: JSON events from standard input, as --json prints them.
#include <iostream>
#include <map>
#include <tuple>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/configuration.hpp"
#include "cli/modes.hpp"
#include "cli/setup.hpp"
#include "service/rehearsal.hpp"

namespace dmev {
namespace {

// What holds as far as the events tell.
class Told {
 public:
    void take(const Event& event) {
        if (event.state == State::raised) holding_[key(event)] = event;
        if (event.state == State::cleared) holding_.erase(key(event));
        if (event.type == "device.removed")
            std::erase_if(holding_, [&](const auto& held) { return std::get<0>(held.first) == name(event); });
    }
    std::optional<Event> current(const Event& event) const {
        const auto it = holding_.find(key(event));
        return it == holding_.end() ? std::nullopt : std::optional{it->second};
    }

 private:
    using Key = std::tuple<std::string, std::string, std::string>;
    static std::string name(const Event& event) { return event.device ? event.device->name : ""; }
    static Key key(const Event& event) { return {name(event), event.type, event.part}; }
    std::map<Key, Event> holding_;
};

} // namespace

Result<int> explain_mode(const Options& options) {
    const Vocabulary vocabulary{options};
    auto configuration = configure(options, vocabulary.catalogue);
    if (!configuration) return configuration.error();
    auto shown = configuration->settings;
    shown.monitor.clear(); // limits what rules see, not what is shown
    const auto filter = make_filter(options, shown, vocabulary.catalogue);
    if (!filter) return filter.error();
    const auto monitored = make_filter(Options{}, configuration->settings, vocabulary.catalogue);
    if (!monitored) return monitored.error();

    Stdout out;
    const auto output = make_output(options, [&](std::string&& lines) { out.write(std::move(lines)); });
    Told told;
    Rehearsal rehearsal{configuration->rules, vocabulary.plugins,
                        Facts{.target = [](const DeviceId&, std::uint32_t) { return std::nullopt; },
                              .current = [&](const Event& event) { return told.current(event); },
                              .known = false},
                        [&](const Decision& decision) {
                            if (filter->selection.wants_type(decision.event_type)) output->decision(decision);
                        },
                        true};
    const auto advance = [&](Time until) {
        for (auto due = rehearsal.due(); due && *due <= until; due = rehearsal.due()) rehearsal.advance(*due);
    };
    bool bad_lines = false;
    std::string line;
    for (int number = 1; out.open() && std::getline(std::cin, line); ++number) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        auto event = parse_event(line);
        if (!event) {
            auto error = event.error();
            error.place = {"standard input", number, 0};
            log::error("{}", error.text());
            bad_lines = true;
            continue;
        }
        advance(event->time);
        if (filter->wants(*event)) output->event(*event);
        told.take(*event);
        // Rules see what they would have seen, whatever is shown of it.
        if (monitored->wants(*event))
            rehearsal.take(*event);
        else if (filter->wants(*event))
            log::info("standard input:{}: {} is not monitored, or its device is ignored: no rule sees it",
                      number, escape(event->type));
    }
    if (auto r = out.result(); !r) return r.error();
    return bad_lines ? 1 : 0;
}

} // namespace dmev
