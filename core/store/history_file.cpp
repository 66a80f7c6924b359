// SPDX-License-Identifier: Apache-2.0
#include "store/history_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <utility>

#include "base/text.hpp"
#include "store/files.hpp"
#include "store/form.hpp"

namespace dmev {
namespace {

using D = Database;

constexpr std::chrono::milliseconds kPatience{500}; // with who holds a lock; the writer tries again anyway
constexpr std::size_t kDamagedKept = 3;

// Before the first table: pages that become free can then be given back piece by piece.
constexpr const char* kShape = "PRAGMA auto_vacuum=INCREMENTAL";
constexpr const char* kSetUp =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-2048;"
    "PRAGMA wal_autocheckpoint=1000; PRAGMA journal_size_limit=4194304";
constexpr const char* kTables =
    "CREATE TABLE history(seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT,"
    " type TEXT, severity INTEGER, name BLOB, uuid BLOB, json TEXT NOT NULL);"
    "CREATE INDEX history_time ON history(time);"
    "CREATE INDEX history_type ON history(type, seq) WHERE type <> '';"
    "CREATE TABLE remembered(boot TEXT NOT NULL, kind BLOB NOT NULL, key BLOB NOT NULL,"
    " value BLOB NOT NULL, time INTEGER NOT NULL, PRIMARY KEY(boot, kind, key))";

std::int64_t now_ns() { return std::chrono::system_clock::now().time_since_epoch() / Duration{1}; }

// Names of damaged files, the oldest first; their names have the time.
std::vector<std::string> damaged_files(const std::string& path) {
    const std::filesystem::path file{path};
    const auto prefix = file.filename().string() + ".corrupt-";
    std::vector<std::string> found;
    std::error_code error;
    for (std::filesystem::directory_iterator it{file.parent_path(), error}, end; !error && it != end;
         it.increment(error))
        if (const auto name = it->path().filename().string();
            name.starts_with(prefix) && !name.ends_with("-wal") && !name.ends_with("-shm"))
            found.push_back(it->path().string());
    std::sort(found.begin(), found.end());
    return found;
}

std::string new_name(const std::string& path) {
    const auto now = std::time(nullptr);
    std::tm tm{};
    gmtime_r(&now, &tm);
    char stamp[32];
    std::strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    auto name = path + ".corrupt-" + stamp;
    for (int i = 1; ::access(name.c_str(), F_OK) == 0 && i < 100; ++i)
        name = fmt::format("{}.corrupt-{}-{:02}", path, stamp, i);
    return name;
}

Error refused(const std::string& path, std::string why) {
    return Error{ErrorKind::failed, "cannot keep the history in", path, std::move(why),
                 "move it away, or name another file under 'history: file'"};
}

} // namespace

const char* history_kind_name(HistoryRow::Kind kind) {
    switch (kind) {
        case HistoryRow::Kind::event: return "event";
        case HistoryRow::Kind::decision: return "decision";
        case HistoryRow::Kind::gap: return "gap";
    }
    return "event";
}

Error HistoryFile::give_up(const Error& error) {
    const auto trouble = database_.trouble();
    if (std::exchange(damaged_, false) || trouble == Trouble::damaged || trouble == Trouble::no_database)
        if (auto r = put_aside(); !r) return r.error();
    database_.close();
    return error;
}

Result<> HistoryFile::try_open(const std::string& path) {
    if (auto r = database_.open(path, D::Access::write, kPatience); !r) return r;
    // Looked at before anything is changed: it may be somebody else's.
    const auto likeness = compare_form(database_, kHistoryForm);
    if (!likeness) return likeness.error();
    switch (*likeness) {
        case Likeness::same:
            if (auto r = check_contents(); !r) return r;
            return database_.exec(kSetUp);
        case Likeness::empty:
            if (auto r = database_.exec(kShape); !r) return r;
            if (auto r = database_.exec(kSetUp); !r) return r;
            return give_form(database_, kHistoryForm, kTables);
        case Likeness::newer: return refused(path, "a newer version of this program made it");
        case Likeness::older: return refused(path, "an older version of this program made it");
        case Likeness::foreign: break;
    }
    return refused(path, "it is another program's database");
}

Result<> HistoryFile::put_aside() {
    const auto why =
        database_.trouble() == Trouble::no_database ? "its head was overwritten" : "its contents are damaged";
    database_.close();
    const auto to = new_name(path_);
    if (auto r = rename_database(path_, to); !r) return r;
    auto all = damaged_files(path_);
    for (std::size_t i = 0; i + kDamagedKept < all.size(); ++i) remove_database(all[i]);
    set_aside_ = fmt::format("the history {} cannot be read: {}; set aside as {}, a new one is begun",
                             escape(path_), why, escape(to));
    return {};
}

Result<> HistoryFile::open() {
    too_early_ = false;
    const auto path = make_private_file(file_, true);
    if (!path) {
        const auto above = std::filesystem::path{file_}.parent_path();
        too_early_ = ::access(above.c_str(), W_OK) != 0 && (errno == ENOENT || errno == EROFS);
        return path.error();
    }
    path_ = *path;
    if (auto r = try_open(path_); !r) {
        if (database_.trouble() == Trouble::no_database) {
            database_.close(); // before the file is opened by another way
            if (!looks_like_database(path_)) return refused(path_, "it is no database");
        }
        const auto error = give_up(r.error());
        if (set_aside_.empty()) return error;
        if (const auto again = make_private_file(file_, true); !again) return again.error();
        if (r = try_open(path_); !r) return give_up(r.error());
    }
    look();
    return {};
}

HistoryFile::Seen HistoryFile::see(const std::string& file) {
    struct stat stat {};
    return ::stat(file.c_str(), &stat) == 0 ? Seen{stat.st_ino, stat.st_size} : Seen{};
}

void HistoryFile::look() {
    seen_ = see(path_);
    seen_log_ = see(path_ + "-wal");
}

// Somebody may have removed it or its log, put an old one in its place, or cut it short: what is written to
// such a file would be lost, and the library would not know.
Result<> HistoryFile::check_place() {
    const auto now = see(path_), log_now = see(path_ + "-wal");
    const auto wrong = [this](const char* why) {
        return Error{ErrorKind::failed, "cannot write", path_, why, ""};
    };
    if (now.inode != seen_.inode || (seen_log_.inode != 0 && log_now.inode != seen_log_.inode))
        return wrong("it was moved away");
    cut_short_ = now.size < seen_.size || log_now.size < seen_log_.size;
    return cut_short_ ? wrong("somebody else has cut it short") : Result<>{};
}

Result<> HistoryFile::check_contents() {
    if (!std::exchange(cut_short_, false)) return {};
    std::string found;
    auto r = database_.run("PRAGMA quick_check(1)", {}, [&](const D::Row& row) {
        found = row.bytes(0);
        return false;
    });
    if (!r || found == "ok") return r;
    damaged_ = true;
    return Error{ErrorKind::failed, "cannot use", path_, found, ""};
}

Result<> HistoryFile::write(std::span<const HistoryRow> rows, std::span<const Remembered> remembered,
                            bool whole) {
    if (auto r = check_place(); !r) return give_up(r.error());
    const auto put_all = [&]() -> Result<> {
        for (const auto& row : rows) {
            auto r = database_.run(
                "INSERT INTO history(time, kind, id, type, severity, name, uuid, json)"
                " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                {D::number(row.time.time_since_epoch().count()), D::text(history_kind_name(row.kind)),
                 D::text(row.id), D::text(row.type), D::number(row.severity), D::blob(row.name),
                 D::blob(row.uuid), D::text(row.json)});
            if (!r) return r;
        }
        if (whole) {
            auto r = database_.run("DELETE FROM remembered WHERE boot=?", {D::text(boot_)});
            if (!r) return r;
        }
        for (const auto& [kind, key, value] : remembered) {
            auto r =
                value.empty()
                    ? database_.run("DELETE FROM remembered WHERE boot=? AND kind=? AND key=?",
                                    {D::text(boot_), D::blob(kind), D::blob(key)})
                    : database_.run(
                          "INSERT INTO remembered VALUES(?, ?, ?, ?, ?)"
                          " ON CONFLICT(boot, kind, key)"
                          " DO UPDATE SET value=excluded.value, time=excluded.time",
                          {D::text(boot_), D::blob(kind), D::blob(key), D::blob(value), D::number(now_ns())});
            if (!r) return r;
        }
        return {};
    };
    const auto r = database_.transact(put_all);
    if (!r) return give_up(r.error());
    look();
    return {};
}

Result<bool> HistoryFile::trim(Time now, std::chrono::seconds keep, std::uint64_t max_size) {
    auto more = trim_some(now, keep, max_size);
    if (more) look();
    return more;
}

Result<bool> HistoryFile::trim_some(Time now, std::chrono::seconds keep, std::uint64_t max_size) {
    const auto used = database_.number_of(
        "SELECT (page_count - freelist_count) * page_size"
        " FROM pragma_page_count, pragma_freelist_count, pragma_page_size");
    if (!used) return give_up(used.error());
    const bool large = static_cast<std::uint64_t>(*used) > max_size;
    constexpr auto piece = static_cast<std::int64_t>(kPiece);
    std::int64_t removed = 0;
    auto r = database_.transact([&]() -> Result<> {
        const auto before = (now - keep).time_since_epoch().count();
        auto done = large ? database_.run(
                                "DELETE FROM history WHERE seq IN"
                                " (SELECT seq FROM history ORDER BY seq LIMIT ?)",
                                {D::number(piece)})
                          : database_.run(
                                "DELETE FROM history WHERE seq IN"
                                " (SELECT seq FROM history WHERE time < ? ORDER BY time LIMIT ?)",
                                {D::number(before), D::number(piece)});
        removed = done ? database_.rows_changed() : 0;
        return done;
    });
    if (!r) return give_up(r.error());
    shrinking_ = shrinking_ || removed > 0;
    if (!shrinking_) return false;
    const auto less = give_back_pages();
    if (!less) return give_up(less.error());
    if (*less || (removed > 0 && (large || removed == piece))) return true;
    // The file itself becomes shorter when the log of changes is written back into it. Nobody is waited for:
    // where one reads just now, a later write does that.
    if (r = database_.run("PRAGMA wal_checkpoint(PASSIVE)", {}); !r) return give_up(r.error());
    shrinking_ = false;
    return false;
}

Result<bool> HistoryFile::give_back_pages() {
    const auto before = database_.number_of("PRAGMA freelist_count");
    if (!before) return before.error();
    if (auto r = database_.run("PRAGMA incremental_vacuum(1000)", {}); !r) return r.error();
    const auto after = database_.number_of("PRAGMA freelist_count");
    if (!after) return after.error();
    return *after > 0 && *after < *before;
}

Result<std::vector<Remembered>> HistoryFile::earlier() {
    std::vector<Remembered> found;
    if (boot_.empty()) return found; // it is not known which are earlier
    auto r = database_.run(
        "SELECT kind, key, value FROM remembered WHERE boot ="
        " (SELECT boot FROM remembered WHERE boot <> ? ORDER BY time DESC LIMIT 1)"
        " ORDER BY kind, key",
        {D::text(boot_)}, [&](const D::Row& row) {
            found.push_back(
                {std::string{row.bytes(0)}, std::string{row.bytes(1)}, std::string{row.bytes(2)}});
            return true;
        });
    if (!r) return give_up(r.error());
    return found;
}

Result<> HistoryFile::forget_earlier() {
    if (boot_.empty()) return {};
    auto r = database_.run("DELETE FROM remembered WHERE boot <> ?", {D::text(boot_)});
    if (!r) return give_up(r.error());
    look();
    return {};
}

} // namespace dmev
