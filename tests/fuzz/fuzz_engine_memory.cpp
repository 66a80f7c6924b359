// SPDX-License-Identifier: Apache-2.0
// Rows of chance, and rows of a real engine with bytes of chance in them: restored or refused, and then what
// is observed tells of the devices that are there, whatever was remembered. What was restored is written as
// it was.
#include <algorithm>
#include <set>

#include "engine/engine.hpp"
#include "fakes/toy_plugin.hpp"
#include "input.hpp"

using namespace dmev;
using namespace std::chrono_literals;

namespace {

struct Life {
    Life() {
        plugins.push_back(toy::plugin());
        catalogue.add(plugins[0].family());
        engine = std::make_unique<Engine>(catalogue, plugins, EngineOptions{},
                                          [this](Event&& e) { promise(ids.insert(e.id).second); });
    }
    void see(const char* status, std::uint32_t minor, Why why, std::uint32_t event_nr) {
        DeviceReading r;
        r.why = why;
        r.id = {"toy", "", {253, minor}, 7};
        r.event_nr = event_nr;
        r.targets.push_back({0, 1000, "toy", "t", status});
        engine->observe({at, std::move(r)});
    }
    void see_all(Why why) {
        see("bad sick path=8:0:F:3 path=8:16:A:0 use=91/100", 0, why, 1);
        see("?", 1, why, 0);
        engine->observe({at, BaselineDone{}});
        at += 1s;
        see("path=8:0:A:3 flap=8:16 path=8:16:A:2 use=99/100", 0, Why::kernel, 3);
    }

    Catalogue catalogue;
    std::vector<Plugin> plugins;
    std::set<std::string> ids;
    std::unique_ptr<Engine> engine;
    Time at{1h};
};

// The first two bytes say where in a real row the others are put, the first of a line over which of them.
std::string spoiled(std::string row, std::string_view bytes) {
    if (bytes.size() < 3 || row.empty()) return row;
    const auto at =
        (static_cast<std::uint8_t>(bytes[0]) * 256u + static_cast<std::uint8_t>(bytes[1])) % row.size();
    return row.replace(at, static_cast<std::uint8_t>(bytes[2]) % 16, bytes.substr(3));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto real = [] {
        Life life;
        life.see_all(Why::start);
        return life.engine->changed();
    }();
    auto rest = view(data, size);
    std::vector<Remembered> rows;
    for (std::uint32_t minor = 0; !rest.empty(); ++minor) {
        const auto line = next_line(rest);
        const auto key = DevNum{253, minor % 4}.text();
        rows.push_back({"device", key,
                        line.starts_with('{') ? std::string{line} : spoiled(real[minor % 2].value, line)});
    }
    Life life;
    const auto errors = life.engine->restore(rows);
    life.engine->changed();
    life.engine->remember_all();
    const auto once = life.engine->changed();

    Life again;
    promise(again.engine->restore(once).empty());
    again.engine->remember_all();
    promise(again.engine->changed().size() == once.size());

    life.at += 1h;
    life.see_all(Why::start);
    life.engine->advance(life.at + 24h);
    const auto devices = life.engine->devices();
    promise(devices.size() == 2 && devices[0].id.name == "toy" && devices[0].targets.size() == 1);
    promise(std::all_of(devices.begin(), devices.end(), [](const auto& d) { return d.holding.size() <= 3; }));
    life.engine->remember_all();
    promise(life.engine->changed().size() >= 2);
    return 0;
}
