// SPDX-License-Identifier: Apache-2.0
#include "service/survey.hpp"

namespace dmev {

Result<std::vector<DeviceState>> survey(Loop& loop, Source& source, const Catalogue& catalogue,
                                        std::span<const Plugin> plugins) {
    Engine engine{catalogue, plugins, EngineOptions{}, [](Event&&) {}};
    bool done = false;
    auto started = source.start(loop, [&](Observation&& observation) {
        if (done) return; // the picture is the one of the baseline
        engine.observe(observation);
        done = std::holds_alternative<BaselineDone>(observation.what);
        if (done) loop.stop();
    });
    if (!started) return started.error();
    if (auto r = loop.run(); !r) return r.error();
    engine.finish();
    return engine.devices();
}

} // namespace dmev
