// SPDX-License-Identifier: Apache-2.0
#include "process/proc.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <map>
#include <memory>
#include <string>

#include "base/fd.hpp"
#include "base/io.hpp"

namespace dmev {
namespace {

template <class T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

} // namespace

std::optional<ProcessStat> parse_stat(std::string_view text) {
    const auto name_end = text.rfind(')');
    if (name_end == text.npos) return std::nullopt;
    auto rest = text.substr(name_end + 1);
    ProcessStat stat;
    for (int field = 3; field <= 22; ++field) {
        if (rest.empty() || rest.front() != ' ') return std::nullopt;
        rest.remove_prefix(1);
        const auto word = rest.substr(0, rest.find_first_of(" \n"));
        if (word.empty()) return std::nullopt;
        rest.remove_prefix(word.size());
        if (field == 3) stat.state = word.front();
        if (field == 4) {
            const auto parent = number<pid_t>(word);
            if (!parent) return std::nullopt;
            stat.parent = *parent;
        }
        if (field == 22) {
            const auto start = number<std::uint64_t>(word);
            if (!start) return std::nullopt;
            stat.start = *start;
        }
    }
    return stat;
}

std::optional<ProcessStat> stat_of(pid_t pid) {
    const auto path = "/proc/" + std::to_string(pid) + "/stat";
    const Fd fd{uninterrupted([&] { return open(path.c_str(), O_RDONLY | O_CLOEXEC); })};
    if (!fd) return std::nullopt;
    constexpr std::size_t longest = 1024; // name and fifty numbers
    const auto text = read_whole(fd.get(), longest);
    return text ? parse_stat(*text) : std::nullopt;
}

ProcessId own_process_id() {
    const auto stat = stat_of(getpid());
    return {getpid(), stat ? stat->start : 0};
}

bool lives(const ProcessId& process) {
    if (process.pid <= 0) return false;
    if (const auto stat = stat_of(process.pid))
        return stat->start == process.start && stat->state != 'Z' && stat->state != 'X';
    // Gone; or, as when no descriptor is left, it cannot be said whose number it is now.
    return kill(process.pid, 0) == 0 || errno != ESRCH;
}

std::vector<ProcessId> descendants(pid_t ancestor) {
    // Parents of all processes, and not /proc/PID/task/TID/children, which not every kernel has.
    std::multimap<pid_t, std::pair<ProcessId, bool>> children;
    const std::unique_ptr<DIR, int (*)(DIR*)> proc{opendir("/proc"), closedir};
    if (!proc) return {};
    while (const auto* entry = readdir(proc.get())) {
        const auto pid = number<pid_t>(entry->d_name);
        if (!pid) continue;
        if (const auto stat = stat_of(*pid))
            children.emplace(stat->parent, std::pair{ProcessId{*pid, stat->start},
                                                     stat->state == 'Z' || stat->state == 'X'});
    }
    std::vector<ProcessId> found;
    std::vector<pid_t> parents{ancestor};
    while (!parents.empty()) {
        const auto [begin, end] = children.equal_range(parents.back());
        parents.pop_back();
        for (auto it = begin; it != end; ++it) {
            const auto& [process, dead] = it->second;
            if (!dead) found.push_back(process);
            parents.push_back(process.pid); // threads of a dead leader may have children
        }
        children.erase(begin, end); // a number given out meanwhile makes no circle
    }
    return found;
}

} // namespace dmev
