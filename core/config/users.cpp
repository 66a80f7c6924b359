// SPDX-License-Identifier: Apache-2.0
#include "config/users.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "base/text.hpp"

namespace dmev {
namespace {

constexpr std::size_t kLargestEntry = 1u << 20; // a group with very many members

Error bad(std::string why, std::string remedy) {
    return {ErrorKind::bad_config, {}, {}, std::move(why), std::move(remedy)};
}

// What is told of NAME when the database of KIND ("user", "group") has none: FILE is its local part.
Error unknown(const char* kind, const std::string& name, const char* file, int errno_value) {
    const auto quoted = escape(name);
    if (errno_value != 0 && errno_value != ENOENT && errno_value != ESRCH)
        return bad(fmt::format("{} '{}' cannot be looked up, {}", kind, quoted,
                               errno_error({}, {}, errno_value).why),
                   "see to it that the user database can be read");
    std::vector<std::string> names;
    std::ifstream lines{file};
    for (std::string line; std::getline(lines, line);) names.push_back(line.substr(0, line.find(':')));
    const auto guess = nearest(name, names);
    return bad(fmt::format("there is no {} '{}'", kind, quoted),
               guess.empty() ? fmt::format("name a {} of this machine", kind)
                             : fmt::format("did you mean '{}'?", escape(guess)));
}

// Calls one of the getXXnam_r with a buffer that is large enough. None: there is no such entry, or errno.
template <class Entry, class Get>
int look_up(Get get, const std::string& name, Entry& entry, std::vector<char>& buffer, bool& found) {
    for (buffer.resize(4096);; buffer.resize(buffer.size() * 4)) {
        Entry* result = nullptr;
        const int error = get(name.c_str(), &entry, buffer.data(), buffer.size(), &result);
        if (error == ERANGE && buffer.size() < kLargestEntry) continue;
        found = result != nullptr;
        return error;
    }
}

} // namespace

Result<RunAs> resolve_user(const Spelled& who) {
    const auto colon = who.text.find(':');
    const auto user = who.text.substr(0, colon);
    if (user.empty() || (colon != std::string::npos && colon + 1 == who.text.size()))
        return bad(fmt::format("'{}' is no user", escape(who.text)), "write USER or USER:GROUP");

    RunAs run_as;
    run_as.who = who;
    std::vector<char> buffer;
    bool found = false;
    passwd entry{};
    int error = look_up(getpwnam_r, user, entry, buffer, found);
    if (!found) return unknown("user", user, "/etc/passwd", error);
    run_as.uid = entry.pw_uid;
    run_as.gid = entry.pw_gid;
    if (colon != std::string::npos) {
        const auto name = who.text.substr(colon + 1);
        group group_entry{};
        error = look_up(getgrnam_r, name, group_entry, buffer, found);
        if (!found) return unknown("group", name, "/etc/group", error);
        run_as.gid = group_entry.gr_gid;
    }
    int count = 64;
    do {
        run_as.groups.resize(static_cast<std::size_t>(count));
    } while (getgrouplist(user.c_str(), run_as.gid, run_as.groups.data(), &count) < 0);
    run_as.groups.resize(static_cast<std::size_t>(count));
    return run_as;
}

} // namespace dmev
