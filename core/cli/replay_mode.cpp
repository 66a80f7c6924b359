// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"
#include "cli/modes.hpp"
#include "cli/setup.hpp"
#include "engine/engine.hpp"
#include "source/recording.hpp"

namespace dmev {

Result<int> replay_mode(const Options& options) {
    const Vocabulary vocabulary{options};
    const auto filter = make_filter(options, vocabulary.catalogue);
    if (!filter) return filter.error();

    Stdout out;
    const auto output = make_output(options, [&](std::string&& lines) { out.write(std::move(lines)); });
    bool done = false;
    Engine engine{vocabulary.catalogue, vocabulary.plugins, EngineOptions{}, [&](Event&& event) {
                      if (done || !filter->wants(event)) return;
                      output->event(event);
                      done = !out.open() || (options.once && ends_once(event));
                  }};
    bool bad_lines = false;
    const auto replayed = replay(
        options.replay, [&](Observation&& observation) { engine.observe(observation); },
        [&](const Error& bad) {
            bad_lines = true;
            log::error("{}", bad.text());
        },
        [&] { return done; });
    if (!replayed) return replayed.error();
    if (!done) engine.finish();
    if (auto r = out.result(); !r) return r.error();
    return bad_lines ? 1 : 0;
}

} // namespace dmev
