// SPDX-License-Identifier: Apache-2.0
#include "status.hpp"

#include <algorithm>
#include <dmevent/plugin.hpp>

namespace multipath {
namespace {

using dmevent::Words;

// Of groups, or of paths in one: what a line announces is not believed.
constexpr std::uint64_t kUsual = 8;

// "253:0 F 1 0 1", with as many words of the path selector's at the end as INFOS says
bool parse_path(Words& words, std::uint64_t infos, Path& path) {
    path.device = words.word();
    const auto state = words.word();
    path.failed = state == "F";
    path.fail_count = words.number();
    words.skip(infos);
    return words.ok() && is_devnum(path.device) && (path.failed || state == "A");
}

// Counts are bounded by the words there are: each turn takes some, and without words nothing is ok.
bool parse_group(Words& words, Group& group) {
    const auto state = words.word();
    words.skip(words.number());
    auto paths = words.number();
    const auto infos = words.number();
    if (!words.ok() || (state != "A" && state != "E" && state != "D")) return false;
    group.state = state.front();
    group.paths.reserve(std::min(paths, kUsual));
    for (; paths > 0; --paths)
        if (!parse_path(words, infos, group.paths.emplace_back())) return false;
    return true;
}

} // namespace

bool is_devnum(std::string_view word) {
    const auto take_number = [&word] { // of 32 bits
        std::uint64_t number = 0;
        std::size_t digits = 0;
        for (; digits < word.size() && word[digits] >= '0' && word[digits] <= '9'; ++digits) {
            number = number * 10 + static_cast<std::uint64_t>(word[digits] - '0');
            if (number > UINT32_MAX) return false;
        }
        word.remove_prefix(digits);
        return digits > 0;
    };
    if (!take_number() || !word.starts_with(':')) return false;
    word.remove_prefix(1);
    return take_number() && word.empty();
}

std::uint64_t Status::group() const {
    const auto in_use =
        std::find_if(groups.begin(), groups.end(), [](const Group& g) { return g.state == 'A'; });
    return in_use == groups.end() ? 0 : static_cast<std::uint64_t>(in_use - groups.begin()) + 1;
}

std::vector<Path> Status::paths() const {
    std::vector<Path> all;
    all.reserve(2 * kUsual);
    for (const auto& group : groups) all.insert(all.end(), group.paths.begin(), group.paths.end());
    const auto by_name = [](const Path& a, const Path& b) { return a.device < b.device; };
    if (!std::is_sorted(all.begin(), all.end(), by_name)) std::stable_sort(all.begin(), all.end(), by_name);
    auto once = all.begin(); // after the last one that is told
    for (const auto& path : all) {
        if (once == all.begin() || once[-1].device != path.device) {
            *once++ = path;
            continue;
        }
        once[-1].failed &= path.failed;
        once[-1].fail_count = std::max(once[-1].fail_count, path.fail_count);
    }
    all.erase(once, all.end());
    return all;
}

std::optional<Status> Status::parse(std::string_view status) {
    Status s;
    Words words{status};
    if (const auto n = words.number(); n > 0) {
        s.queue_io = words.word() == "1"; // not the queueing of queue_if_no_path
        words.skip(n - 1);
    }
    words.skip(words.number()); // the hardware handler's
    auto groups = words.number();
    s.next_group = words.number();
    if (!words.ok()) return std::nullopt;
    s.groups.reserve(std::min(groups, kUsual));
    for (; groups > 0; --groups)
        if (!parse_group(words, s.groups.emplace_back())) return std::nullopt;
    return s;
}

bool same_layout(const Status& a, const Status& b) {
    const auto same_path = [](const Path& x, const Path& y) { return x.device == y.device; };
    return std::equal(a.groups.begin(), a.groups.end(), b.groups.begin(), b.groups.end(),
                      [&](const Group& x, const Group& y) {
                          return std::equal(x.paths.begin(), x.paths.end(), y.paths.begin(), y.paths.end(),
                                            same_path);
                      });
}

std::optional<Table> Table::parse(std::string_view table) {
    Table t;
    Words words{table};
    for (auto n = words.number(); words.ok() && n > 0; --n) t.queueing |= words.word() == "queue_if_no_path";
    if (const auto n = words.number(); words.ok() && n > 0) {
        t.hw_handler = words.word();
        words.skip(n - 1);
    }
    return words.ok() ? std::optional{t} : std::nullopt;
}

} // namespace multipath
