// SPDX-License-Identifier: Apache-2.0
#include "status.hpp"

#include <dmevent/plugin.hpp>
#include <tuple>

namespace mirror {
namespace {

using dmevent::Words;

bool is_device(std::string_view word) {
    const auto colon = word.find(':');
    if (colon == word.npos) return false;
    Words major{word.substr(0, colon)}, minor{word.substr(colon + 1)};
    return major.number() <= UINT32_MAX && minor.number() <= UINT32_MAX && major.ok() && minor.ok();
}

// "1 core", "3 disk 253:2 A", "3 clustered-disk 253:2 A", or "userspace 1 COM_FAILURE", which is the one
// that puts the name first. Of other logs, which a program outside the kernel may print, the name is kept.
bool parse_log(Words& words, Status& s) {
    const auto first = words.word();
    Words as_number{first};
    const auto count = as_number.number();
    if (!as_number.ok()) {
        if (first != "userspace") return false;
        s.log = first;
        for (auto n = words.number(); words.ok() && n > 0; --n)
            s.log_unreachable |= words.word() == "COM_FAILURE";
        return words.ok();
    }
    if (count == 0) return true;
    s.log = words.word();
    if (count >= 3 && s.log.ends_with("disk")) {
        s.log_device = words.word();
        const auto health = words.word();
        if (!is_device(s.log_device) || health.size() != 1 || health.find_first_not_of("ADF") != health.npos)
            return false;
        s.log_health = health.front();
        words.skip(count - 3);
    } else {
        words.skip(count - 1);
    }
    return words.ok();
}

} // namespace

std::optional<Status> Status::parse(std::string_view status) {
    Status s;
    Words words{status};
    for (auto n = words.number(); words.ok() && n > 0; --n) {
        s.legs.push_back(words.word());
        if (!is_device(s.legs.back())) return std::nullopt;
    }
    std::tie(s.in_sync, s.regions) = words.ratio();
    if (!words.ok() || s.legs.empty()) return std::nullopt;
    if (!words.more()) return s;
    if (auto n = words.number(); n > 0) {
        s.health = words.word();
        if (s.health.size() != s.legs.size() || s.health.find_first_not_of("ADFSRU") != s.health.npos)
            return std::nullopt;
        words.skip(n - 1);
    }
    if (words.more() && !parse_log(words, s)) return std::nullopt;
    return words.ok() ? std::optional{s} : std::nullopt;
}

std::optional<Table> Table::parse(std::string_view table) {
    Table t;
    Words words{table};
    words.word(); // the log's type
    words.skip(words.number());
    for (auto legs = words.number(); words.ok() && legs > 0; --legs) words.skip(2);
    if (!words.ok()) return std::nullopt;
    if (!words.more()) return t;
    for (auto n = words.number(); words.ok() && n > 0; --n) {
        const auto feature = words.word();
        t.handle_errors |= feature == "handle_errors";
        t.keep_log |= feature == "keep_log";
    }
    return words.ok() ? std::optional{t} : std::nullopt;
}

} // namespace mirror
