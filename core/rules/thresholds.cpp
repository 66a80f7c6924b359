// SPDX-License-Identifier: Apache-2.0
#include "rules/thresholds.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace dmev {
namespace {

const GaugeType* gauge_of(std::string_view type, const Catalogue& catalogue) {
    for (const auto& family : catalogue.families())
        for (const auto& gauge : family.gauges)
            if (!gauge.raises.empty() && gauge.raises == type) return &gauge;
    return nullptr;
}

void unknown(const Spelled& type, const Catalogue& catalogue, Diagnostics& diagnostics) {
    std::vector<std::string> raised;
    for (const auto& family : catalogue.families())
        for (const auto& gauge : family.gauges)
            if (!gauge.raises.empty()) raised.push_back(gauge.raises);
    const auto why = catalogue.find(type.text) ? "no gauge raises it, it has no threshold" : "";
    const auto guess = nearest(type.text, raised);
    std::string remedy = guess.empty() ? "" : "did you mean '" + std::string{guess} + "'?";
    for (std::size_t i = 0; i < raised.size() && guess.empty(); ++i)
        remedy += (i ? ", " : "there are ") + raised[i];
    diagnostics.error(type.at, "unknown threshold", "'" + escape(type.text) + "'", why, remedy);
}

} // namespace

void check_thresholds(const std::vector<ThresholdSettings>& thresholds, const Catalogue& catalogue,
                      Diagnostics& diagnostics) {
    for (const auto& threshold : thresholds) {
        const auto* gauge = gauge_of(threshold.type.text, catalogue);
        if (!gauge) {
            unknown(threshold.type, catalogue, diagnostics);
            continue;
        }
        const double at = threshold.at.value_or(gauge->at), clear = threshold.clear.value_or(gauge->clear);
        const auto origin = [](bool given) { return given ? "" : " (the default)"; };
        const auto object = "'" + threshold.type.text + "'";
        if (at > 0 && clear > at)
            diagnostics.error(
                threshold.type.at, "threshold that ends above where it begins:", object,
                fmt::format("at is {}{} and clear is {}{}", at, origin(threshold.at.has_value()), clear,
                            origin(threshold.clear.has_value())),
                fmt::format("give a clear: of at most {}", at));
        if (at <= 0 && !threshold.at && (threshold.step || threshold.clear))
            diagnostics.warning(threshold.type.at, "threshold that is off:", object,
                                "by default at is 0, which turns it off", "give at: too");
    }
}

} // namespace dmev
