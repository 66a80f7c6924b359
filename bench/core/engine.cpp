// SPDX-License-Identifier: Apache-2.0
// Observations a second: from a recording's line to the observation, and from the observation through look,
// conditions and router to the events.
#include "engine/engine.hpp"

#include <benchmark/benchmark.h>

#include "source/recording.hpp"
#include "world.hpp"

namespace {

void observe(benchmark::State& state) {
    const auto& world = bench::world();
    std::size_t events = 0;
    for (auto _ : state) {
        dmev::Engine engine{world.catalogue, world.plugins, {}, [&](dmev::Event&&) { ++events; }};
        for (const auto& observation : world.observations) engine.observe(observation);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(world.observations.size()));
    state.counters["events"] = static_cast<double>(events) / static_cast<double>(state.iterations());
}
BENCHMARK(observe)->Unit(benchmark::kMillisecond);

void write_recording(benchmark::State& state) {
    const auto& observations = bench::world().observations;
    std::size_t next = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(dmev::to_recording(observations[next++ % observations.size()]));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(write_recording);

} // namespace
