// SPDX-License-Identifier: Apache-2.0
// A plugin for the engine's own tests. Its status is words that say outright what is true:
//   bad  sick  dead        conditions; sick and dead both end as toy.well
//   doubt                  says SAME of bad
//   path=KEY:F|A:COUNT     a path as multipath has it: A with COUNT 0 is "lapsed"
//   flap=KEY[*TIMES]       a fail and a return that only a counter tells of
//   use=USED/TOTAL         the gauge; grew happens when TOTAL is larger than before
//   soon=MS                read within
//   ?                      not understood;  !  throws
#pragma once
#include <dmevent/plugin.hpp>
#include <stdexcept>
#include <string>

#include "plugin/plugin.hpp"

namespace toy {

struct Toy {
    static constexpr const char *name = "toy", *version = "1";
    static constexpr dmevent_claim claims[] = {{"toy", DMEVENT_TABLE},
                                               {"slow", DMEVENT_TABLE | DMEVENT_SETTLES},
                                               {"volume", DMEVENT_SERVED_BY},
                                               {"moving", DMEVENT_TABLE | DMEVENT_TABLE_MOVES}};
    enum : uint32_t { bad, sick, dead, well, path_failed, path_back, full, grew };
    static constexpr dmevent_type types[] = {
        {"toy.bad", "BAD", DMEVENT_WARNING, DMEVENT_CONDITION, 0, nullptr, "{device} is bad", "a toy is bad",
         ""},
        {"toy.sick", nullptr, DMEVENT_ERROR, DMEVENT_CONDITION, 0, "toy.well", "{device} is sick", "", ""},
        {"toy.dead", nullptr, DMEVENT_CRITICAL, DMEVENT_CONDITION, DMEVENT_LISTS_SERVED, "toy.well",
         "{device} is dead", "", ""},
        {"toy.well", nullptr, DMEVENT_NOTICE, DMEVENT_HAPPENING, 0, nullptr, "{device} is well", "", ""},
        {"toy.path_failed", nullptr, DMEVENT_WARNING, DMEVENT_CONDITION, DMEVENT_BY_UEVENT | DMEVENT_EACH,
         "toy.path_back", "{device}: {key} failed", "", ""},
        {"toy.path_back", nullptr, DMEVENT_NOTICE, DMEVENT_HAPPENING, DMEVENT_BY_UEVENT, nullptr,
         "{device}: {key} is back", "", ""},
        {"toy.full", nullptr, DMEVENT_WARNING, DMEVENT_CONDITION, 0, nullptr,
         "{device}: {percent} %, above {threshold} %", "", ""},
        {"toy.grew", nullptr, DMEVENT_INFO, DMEVENT_HAPPENING, 0, nullptr, "{device} grew", "", ""},
    };
    static constexpr dmevent_gauge gauges[] = {{"use", "toy.full", "blocks", 80, 5, 75}};

    static uint64_t total(const dmevent::Target& target) {
        dmevent::Words words{target.status};
        while (words.more())
            if (auto w = words.word(); w.starts_with("use="))
                return dmevent::Words{w.substr(4)}.ratio().second;
        return 0;
    }

    static bool look(const dmevent::Target* before, const dmevent::Target& now, dmevent::Say& say) {
        using dmevent::Truth;
        dmevent::Words words{now.status};
        Truth is_bad = Truth::no;
        bool is_sick = false, is_dead = false;
        while (words.more()) {
            const auto w = words.word();
            if (w == "?") return say.unknown("a question mark");
            if (w == "!") throw std::runtime_error("an exclamation mark");
            if (w == "bad") is_bad = Truth::yes;
            if (w == "doubt") is_bad = Truth::same;
            is_sick |= w == "sick";
            is_dead |= w == "dead";
            if (w.starts_with("path=")) {
                const auto letter = w.rfind(':', w.rfind(':') - 1);
                const auto key = w.substr(5, letter - 5);
                const bool failed = w[letter + 1] == 'F';
                const bool fresh = w.ends_with(":0");
                say.condition(path_failed, failed ? Truth::yes : fresh ? Truth::lapsed : Truth::no, key);
            }
            if (before && w.starts_with("flap=")) {
                const auto star = w.find('*');
                const auto key = w.substr(5, star - 5);
                const uint64_t times = star == w.npos ? 1 : dmevent::Words{w.substr(star + 1)}.number();
                say.happened(path_failed, key, {{"times", times}});
                say.happened(path_back, key, {{"times", times}});
            }
            if (w.starts_with("use=")) {
                const auto [used, all] = dmevent::Words{w.substr(4)}.ratio();
                say.gauge(0, used, all);
                say.field("used", used);
                if (before && all > total(*before)) say.happened(grew);
            }
            if (w.starts_with("soon="))
                say.read_within(static_cast<uint32_t>(dmevent::Words{w.substr(5)}.number()));
        }
        say.condition(bad, is_bad);
        say.condition(sick, is_sick);
        say.condition(dead, is_dead);
        return true;
    }

    static bool uevent(const dmevent::Target&, const dmevent::Uevent& u, dmevent::Say& say) {
        if (u["DM_ACTION"] == "PATH_FAILED") say.condition(path_failed, true, u["DM_PATH"]);
        if (u["DM_ACTION"] == "PATH_REINSTATED") say.condition(path_failed, false, u["DM_PATH"]);
        return u["DM_ACTION"] != "NONSENSE";
    }
};

inline const dmevent_plugin descriptor = dmevent::Bridge<Toy>::entry();

inline dmev::Plugin plugin() { return *dmev::Plugin::adopt(&descriptor, "toy.so", nullptr); }

} // namespace toy
