// SPDX-License-Identifier: Apache-2.0
// Status lines a second, of each plugin, through its ABI: what it states is taken in and checked.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "world.hpp"

namespace {

void look(benchmark::State& state, const std::string& name) {
    const auto& world = bench::world();
    const auto plugin = std::find_if(world.plugins.begin(), world.plugins.end(),
                                     [&](const auto& one) { return one.family().name == name; });
    const auto lines = bench::captured(name);
    const dmev::DeviceId device{"vg-lv", "LVM-0123456789", {253, 1}, 7};
    const auto view = [&](const bench::Line& line) {
        return dmev::TargetView{&device, 0, 0, line.length, line.type, line.table, line.status};
    };
    std::size_t next = 0;
    const bench::Line* before = nullptr;
    dmev::Said said; // the engine keeps one for all targets of a claim
    for (auto _ : state) {
        const auto& line = lines[next++ % lines.size()];
        const auto old = before && before->type == line.type ? std::optional{view(*before)} : std::nullopt;
        plugin->look(old ? &*old : nullptr, view(line), said);
        benchmark::DoNotOptimize(&said);
        before = &line;
    }
    state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(look, mirror, "mirror");
BENCHMARK_CAPTURE(look, multipath, "multipath");
BENCHMARK_CAPTURE(look, raid, "raid");
BENCHMARK_CAPTURE(look, thin, "thin");

} // namespace
