// SPDX-License-Identifier: Apache-2.0
#include "store/past.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/text.hpp"
#include "store/form.hpp"

namespace dmev {
namespace {

using D = Database;

// SHOWN is what the query is about; the decisions about it came later. What was lost before the first of it
// belongs to it, too, unless the query wants the last rows alone and there are more.
constexpr const char* kSelect =
    "WITH shown AS MATERIALIZED (SELECT seq, id FROM history WHERE kind = 'event'"
    "  AND time BETWEEN ?1 AND ?2 AND severity >= ?3 AND is_wanted(type, name, uuid)"
    "  ORDER BY seq DESC LIMIT ?4)"
    ", first AS (SELECT min(seq) AS seq FROM (SELECT seq FROM shown UNION ALL"
    "  SELECT seq FROM history WHERE (?4 < 0 OR (SELECT count(*) FROM shown) < ?4)"
    "   AND kind = 'gap' AND time BETWEEN ?1 AND ?2))"
    " SELECT kind, time, id, json FROM history WHERE seq >= coalesce((SELECT seq FROM first), 0)"
    "  AND (kind = 'event' AND seq IN (SELECT seq FROM shown)"
    "   OR kind = 'gap' AND time BETWEEN ?1 AND ?2"
    "   OR ?5 AND kind = 'decision' AND id IN (SELECT id FROM shown))"
    " ORDER BY seq";

std::int64_t count_of(const std::optional<Time>& time, std::int64_t otherwise) {
    return time ? time->time_since_epoch().count() : otherwise;
}

Error unreadable(const std::string& file, std::string why, std::string remedy) {
    return Error{ErrorKind::failed, "cannot read the history", file, std::move(why), std::move(remedy)};
}

// QUIET: nobody writes it, and nobody was cut off while he did.
std::string remedy_of(Trouble trouble, bool quiet) {
    switch (trouble) {
        case Trouble::no_database: return "name one with --history";
        case Trouble::damaged:
            return "who writes it sets it aside and begins a new one; sqlite3's .recover saves what is whole";
        case Trouble::busy: return "try again";
        case Trouble::cannot_open:
        case Trouble::read_only:
            // What its log has must be put in order, beside it.
            if (!quiet) return "copy it with its -wal file to a place that can be written, and name the copy";
            [[fallthrough]];
        default: return {};
    }
}

// Closed: there is nothing in it yet.
Result<D> open(const std::string& file) {
    constexpr std::chrono::milliseconds patience{2000};
    D database;
    auto r = database.open(file, D::Access::read, patience);
    auto likeness = r ? compare_form(database, kHistoryForm) : Result<Likeness>{r.error()};
    // Where nobody can have it open for writing, the library's shared files are neither there nor can be
    // made.
    const auto wal = file + "-wal";
    struct stat stat {};
    const bool quiet = ::stat(wal.c_str(), &stat) != 0 || stat.st_size == 0;
    if (!likeness && quiet &&
        (database.trouble() == Trouble::cannot_open || database.trouble() == Trouble::read_only)) {
        database.close();
        r = database.open(file, D::Access::immutable, patience);
        likeness = r ? compare_form(database, kHistoryForm) : Result<Likeness>{r.error()};
    }
    if (!likeness) return unreadable(file, likeness.error().why, remedy_of(database.trouble(), quiet));
    switch (*likeness) {
        case Likeness::same: return database;
        case Likeness::empty: return D{}; // it is just being made
        case Likeness::newer:
            return unreadable(file, "a newer version of this program made it", "read it with that");
        case Likeness::older:
            return unreadable(file, "an older version of this program made it", "read it with that");
        case Likeness::foreign: break;
    }
    return unreadable(file, "it is no history of this program", "name one with --history");
}

bool matches(const std::vector<std::string>& globs, std::string_view name, std::string_view uuid) {
    return std::any_of(globs.begin(), globs.end(), [&](const auto& glob) {
        return glob == name || glob == uuid || glob_match(glob, name) || glob_match(glob, uuid);
    });
}

PastRow::Kind kind_of(std::string_view name) {
    if (name == "decision") return PastRow::Kind::decision;
    return name == "gap" ? PastRow::Kind::gap : PastRow::Kind::event;
}

} // namespace

Result<bool> read_past(const std::string& file, const PastQuery& query,
                       const std::function<bool(const PastRow&)>& each) {
    if (::access(file.c_str(), R_OK) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) return false;
        auto error = errno_error("cannot read the history", file, errno);
        if (errno == EACCES) error.remedy = "read it as root";
        return error;
    }
    struct stat stat {};
    if (::stat(file.c_str(), &stat) == 0 && !S_ISREG(stat.st_mode))
        return unreadable(file, "it is no regular file", "name one with --history");
    auto database = open(file);
    if (!database) return database.error();
    if (!*database) return true;
    const auto is_wanted = [&query](const std::string_view* v, int) {
        return (query.devices.empty() || matches(query.devices, v[1], v[2])) &&
               (!query.wants || query.wants(v[0], v[1], v[2]));
    };
    if (auto r = database->define("is_wanted", 3, is_wanted); !r) return r.error();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    const auto limit = query.last ? static_cast<std::int64_t>(std::min<std::size_t>(
                                        *query.last, std::numeric_limits<std::int32_t>::max()))
                                  : std::int64_t{-1};
    const auto r = database->run(
        kSelect,
        {D::number(count_of(query.since, std::numeric_limits<std::int64_t>::min())),
         D::number(count_of(query.until, most)), D::number(static_cast<std::int64_t>(query.least)),
         D::number(limit), D::number(query.decisions ? 1 : 0)},
        [&](const D::Row& row) {
            return each({kind_of(row.bytes(0)), Time{Duration{row.number(1)}}, std::string{row.bytes(2)},
                         std::string{row.bytes(3)}});
        });
    if (!r) return unreadable(file, r.error().why, remedy_of(database->trouble(), true));
    return true;
}

} // namespace dmev
