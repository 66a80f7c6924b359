// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration.hpp"
#include "cli/kernel.hpp"
#include "cli/modes.hpp"
#include "cli/setup.hpp"
#include "service/clock.hpp"
#include "service/survey.hpp"
#include "source/kernel_source.hpp"

namespace dmev {

Result<int> query_mode(const Options& options) {
    auto launcher = Launcher::start(reader_main);
    if (!launcher) return launcher.error();
    Vocabulary vocabulary{options};
    auto configuration = configure(options, vocabulary.catalogue);
    if (!configuration) return configuration.error();
    tune(vocabulary.plugins, configuration->settings, vocabulary.catalogue);
    // What the configuration monitors is no limit to what can be asked.
    configuration->settings.monitor.clear();
    const auto filter = make_filter(options, configuration->settings, vocabulary.catalogue);
    if (!filter) return filter.error();

    auto loop = Loop::create();
    if (!loop) return loop.error();
    WallClock clock;
    auto source = open_kernel(
        vocabulary.catalogue, [&] { return clock.now(); }, false, *launcher);
    if (!source) return source.error();
    auto devices = survey(*loop, **source, vocabulary.catalogue, vocabulary.plugins);
    if (!devices) return devices.error();

    Stdout out;
    make_output(options, [&](std::string&& lines) {
        out.write(std::move(lines));
    })->devices(filter->apply(std::move(*devices), vocabulary.catalogue));
    if (auto r = out.result(); !r) return r.error();
    return 0;
}

} // namespace dmev
