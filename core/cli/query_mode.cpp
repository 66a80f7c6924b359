// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/log.hpp"
#include "cli/configuration.hpp"
#include "cli/kernel.hpp"
#include "cli/modes.hpp"
#include "cli/past.hpp"
#include "cli/setup.hpp"
#include "service/clock.hpp"
#include "service/survey.hpp"
#include "source/kernel_source.hpp"

namespace dmev {
namespace {

Result<std::vector<DeviceState>> read_devices(const Vocabulary& vocabulary, Launcher& launcher) {
    auto loop = Loop::create();
    if (!loop) return loop.error();
    WallClock clock;
    auto source = open_kernel(
        vocabulary.catalogue, [&] { return clock.now(); }, false, launcher);
    if (!source) return source.error();
    return survey(*loop, **source, vocabulary.catalogue, vocabulary.plugins);
}

} // namespace

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

    Stdout out;
    auto devices = read_devices(vocabulary, *launcher);
    if (devices) {
        if (!options.devices.empty())
            std::erase_if(*devices, [&](const auto& device) {
                return !is_among(options.devices, device.id.name, device.id.uuid);
            });
        make_output(options, [&](std::string&& lines) {
            out.write(std::move(lines));
        })->devices(filter->apply(std::move(*devices), vocabulary.catalogue));
    } else if (options.history.empty()) {
        return devices.error();
    } else {
        // The history of another machine can be read where there are no devices.
        log::warning("{}; what follows is the history alone", devices.error().text());
    }
    // Last, since its disk may hang.
    const auto past = show_past(options, history_file(options, configuration->settings), *filter, out);
    if (auto r = out.result(); !r) return r.error();
    if (!past) return past.error();
    return 0;
}

} // namespace dmev
