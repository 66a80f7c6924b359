// SPDX-License-Identifier: Apache-2.0
#include "status.hpp"

#include <dmevent/plugin.hpp>
#include <tuple>

namespace raid {
namespace {

using dmevent::Words;

constexpr std::string_view kNames[] = {"idle", "frozen", "resync", "recover", "check", "repair", "reshape"};

Action action_of(std::string_view word) {
    for (std::size_t i = 0; i < std::size(kNames); ++i)
        if (kNames[i] == word) return static_cast<Action>(i);
    return Action::unknown;
}

// The first kernels only had letters and a ratio, and no check. `A` beside `a`: one is rebuilt from another.
Action conclude_action(const Status& s) {
    if (s.full()) return Action::idle;
    if (!s.has('a')) return Action::unknown;
    return s.has('A') ? Action::recover : Action::resync;
}

bool only_letters(std::string_view word, std::string_view of) {
    return !word.empty() && word.find_first_not_of(of) == std::string_view::npos;
}

// Each kernel that added a word put it last; what comes after the last one known is of kernels to come.
bool parse_tail(Words& words, Status& s) {
    if (!words.more()) {
        s.action = conclude_action(s);
        return true;
    }
    s.action = action_of(words.word());
    if (words.more()) s.mismatches = words.number();
    if (words.more()) s.data_offset = words.number();
    if (!words.more()) return words.ok();
    const auto journal = words.word();
    if (journal.size() != 1 || !only_letters(journal, "AaD-")) return false;
    s.journal = journal[0];
    return words.ok();
}

} // namespace

std::string_view action_name(Action action) {
    return action == Action::unknown ? "unknown" : kNames[static_cast<std::size_t>(action)];
}

std::optional<Status> Status::parse(std::string_view status) {
    Status s;
    Words words{status};
    s.type = words.word();
    s.devices = words.number(); // may differ from the letters while a reshape is pending
    s.health = words.word();
    std::tie(s.progress, s.total) = words.ratio();
    if (!words.ok() || s.progress > s.total) return {};
    if (!s.type.starts_with("raid") || !only_letters(s.health, "AaD-") || s.health.size() > kMaxLegs)
        return {};
    return parse_tail(words, s) ? std::optional{s} : std::nullopt;
}

Copies Copies::parse(std::string_view table) {
    Copies copies;
    Words words{table};
    words.word();
    for (auto left = words.number(); left > 1 && words.ok(); --left) {
        const auto word = words.word();
        if (word == "raid10_copies") {
            auto ahead = words;
            if (const auto n = ahead.number(); ahead.ok() && n > 0) copies.count = n;
        } else if (word == "raid10_format") {
            auto ahead = words;
            const auto format = ahead.word();
            copies.far = format == "far" || format == "offset";
        }
    }
    return copies;
}

} // namespace raid
