// SPDX-License-Identifier: Apache-2.0
// Answers that break the contract, one for each word of the status. At any other word it behaves.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "zoo.hpp"

namespace {

constexpr dmevent_gauge gauges[] = {{"use", nullptr, "blocks", 0, 0, 0}};
constexpr auto no_result = [](int number) { // one that is none of the enumerators
    dmevent_result result{};
    __builtin_memcpy(&result, &number, sizeof result);
    return result;
};

// A list in a list in a list.
void state_deep(const dmevent_say* say, int depth, const dmevent_field* inner) {
    const dmevent_field list{{"deep", 4}, DMEVENT_LIST, 1, {.items = inner}};
    if (depth == 0) return say->field(say, &list);
    state_deep(say, depth - 1, &list);
}

void state_truth(const dmevent_say* say, int number) {
    dmevent_truth truth{};
    __builtin_memcpy(&truth, &number, sizeof truth);
    say->condition(say, 0, {"", 0}, truth, nullptr, 0);
}

dmevent_result look(const dmevent_target* before, const dmevent_target* now, const dmevent_say* port) {
    dmevent::Say say{port};
    const auto word = dmevent::view(now->status);
    const auto field = [&](dmevent_field f) { port->field(port, &f); };
    if (word == "nan") say.field("share", std::nan(""));
    if (word == "infinite") say.field("share", HUGE_VAL);
    if (word == "null_text") field({{"text", 4}, DMEVENT_TEXT, 0, {.text = {nullptr, 7}}});
    if (word == "null_list") field({{"list", 4}, DMEVENT_LIST, 3, {.items = nullptr}});
    if (word == "null_field") port->field(port, nullptr);
    if (word == "null_more") port->condition(port, 0, {"", 0}, DMEVENT_YES, nullptr, 2);
    if (word == "null_key") port->condition(port, 0, {nullptr, 2}, DMEVENT_YES, nullptr, 0);
    if (word == "no_name") say.field("", 1);
    if (word == "bad_name") say.field("Low Water\n", 1);
    if (word == "long_name") say.field(std::string(64, 'a'), 1);
    if (word == "long_key") say.condition(0, true, std::string(5000, 'k'));
    if (word == "long_text") say.field("text", std::string(17u << 20, 't'));
    if (word == "much_text")
        for (int i = 0; i < 200; ++i) say.field("text", std::string(100'000, 't'));
    if (word == "many_fields")
        for (int i = 0; i < 1000; ++i) say.field("f" + std::to_string(i), i);
    if (word == "many_conditions")
        for (int i = 0; i < 1'000'000; ++i) say.condition(0, true, std::to_string(i));
    if (word == "many_gauges")
        for (int i = 0; i < 1'000'000; ++i) say.gauge(0, 1, 2);
    if (word == "many_more") port->condition(port, 0, {"", 0}, DMEVENT_YES, nullptr, SIZE_MAX);
    if (word == "long_list") field({{"list", 4}, DMEVENT_LIST, UINT32_MAX, {.items = nullptr}});
    if (word == "deep_list") state_deep(port, 20, nullptr);
    if (word == "twice") say.condition(0, true), say.condition(0, false);
    if (word == "gauge_twice") say.gauge(0, 1, 2), say.gauge(0, 1, 3);
    if (word == "gauge_range") say.gauge(4'000'000'000, 1, 2);
    if (word == "truth") state_truth(port, 99);
    if (word == "negative_truth") state_truth(port, -1);
    if (word == "refuses") return DMEVENT_REFUSED;
    if (word == "result") return no_result(99);
    if (word == "negative_result") return no_result(-7);
    if (word == "long_reason") {
        say.unknown(std::string(1u << 20, 'r'));
        return DMEVENT_FAULT;
    }
    if (!word.starts_with("calm")) return DMEVENT_OK;
    return zoo::Sound::look(before, *now, say) ? DMEVENT_OK : DMEVENT_UNKNOWN;
}

} // namespace

ZOO_ANIMAL(zoo::broken([](auto& entry) {
    entry.look = look;
    entry.gauges = gauges, entry.n_gauges = 1;
}));
