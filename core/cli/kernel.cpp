// SPDX-License-Identifier: Apache-2.0
#include "cli/kernel.hpp"

#include <cstdlib>
#include <string_view>

#include "base/log.hpp"
#include "source/kernel_source.hpp"

namespace dmev {
namespace {

void hide(KernelOptions& options, std::string_view words) {
    while (!words.empty()) {
        const auto word = words.substr(0, words.find(','));
        words.remove_prefix(std::min(word.size() + 1, words.size()));
        if (word == "diskseq")
            options.hide_diskseq = true;
        else if (word == "list")
            options.hide_list_extras = true;
        else
            log::warning("DMEVENT_TOOL_HIDE: '{}' is neither diskseq nor list", escape(word));
    }
}

} // namespace

Result<std::unique_ptr<Source>> open_kernel(const Catalogue& catalogue, std::function<Time()> clock,
                                            bool all_statuses, Launcher& launcher) {
    KernelOptions options;
    for (const auto& family : catalogue.families())
        options.claims.insert(options.claims.end(), family.claims.begin(), family.claims.end());
    options.all_statuses = all_statuses;
    options.clock = std::move(clock);
    if (const char* words = std::getenv("DMEVENT_TOOL_HIDE")) hide(options, words);
    return kernel_source(std::move(options), launcher);
}

} // namespace dmev
