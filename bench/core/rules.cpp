// SPDX-License-Identifier: Apache-2.0
// What rules cost: observations a second through the engine and the rules, by how many there are. Those that
// are not about what comes are to cost nothing.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "config/load.hpp"
#include "engine/engine.hpp"
#include "rules/decider.hpp"
#include "world.hpp"

namespace {

enum Kind { of_another_type, of_another_device, one_matches };

std::shared_ptr<const dmev::Rulebook> book(Kind kind, std::int64_t count) {
    std::string text = "version: 1\nrules:\n";
    for (std::int64_t i = 0; i < count; ++i) {
        const bool it = kind == one_matches && i == count / 2;
        text += fmt::format(
            "  - name: rule {}\n    on: [{}]\n    match: {{device: \"{}\"}}\n    do: [{{log: x}}]\n", i,
            it || kind == of_another_device ? "multipath.path_failed" : "mirror.leg_failed",
            it ? "mpath7" : "other-*");
    }
    dmev::Settings settings;
    dmev::Diagnostics diagnostics;
    if (count > 0) dmev::read_settings(text, "bench.yaml", settings, diagnostics);
    return std::make_shared<dmev::Rulebook>(dmev::compile(settings, bench::world().catalogue, diagnostics));
}

void rules(benchmark::State& state, Kind kind) {
    const auto& world = bench::world();
    const auto rulebook = book(kind, state.range(0));
    if (std::cmp_not_equal(rulebook->rules.size(), state.range(0)))
        return state.SkipWithError("rules were refused");
    std::uint64_t fired = 0;
    for (auto _ : state) {
        state.PauseTiming(); // what taking rules up costs is another matter
        dmev::Decider* decides = nullptr;
        std::vector<std::uint64_t> firings;
        dmev::Decider decider{rulebook,
                              {.fire = [&](dmev::Firing&& firing) { firings.push_back(firing.id); },
                               .suspended = [](const dmev::Rule&, const dmev::Event&, dmev::State) {},
                               .current = [](const dmev::Event& event) { return std::optional{event}; },
                               .verdict = {},
                               .standing = {}}};
        decides = &decider;
        state.ResumeTiming();
        dmev::Engine engine{world.catalogue, world.plugins, {}, [&](dmev::Event&& event) {
                                decides->take(event);
                                for (const auto id : std::exchange(firings, {}))
                                    decides->ended(id, {}, event.time), ++fired;
                            }};
        for (const auto& observation : world.observations) engine.observe(observation);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(world.observations.size()));
    state.counters["fired"] = static_cast<double>(fired) / static_cast<double>(state.iterations());
}
BENCHMARK_CAPTURE(rules, none, of_another_type)->Arg(0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(rules, of_another_type, of_another_type)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(rules, of_another_device, of_another_device)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(rules, one_matches, one_matches)->Arg(1000)->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
