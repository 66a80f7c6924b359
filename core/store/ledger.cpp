// SPDX-License-Identifier: Apache-2.0
// SQLite's log of changes (WAL) without its syncs: a commit appends to a file in memory, and what a killed
// process has appended is there for the next one. Its index is kept in the process's own memory
// (locking_mode=EXCLUSIVE), so no third file is shared or mapped.
#include "store/ledger.hpp"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <chrono>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "store/files.hpp"
#include "store/form.hpp"

namespace dmev {
namespace {

// The log is written back into the file at about 1 MiB: it does not grow beyond that.
constexpr const char* kSetUp =
    "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    "PRAGMA cache_size=-512; PRAGMA wal_autocheckpoint=256; PRAGMA journal_size_limit=2097152";
constexpr const char* kTables =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL);"
    "CREATE TABLE remembered(kind BLOB NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,"
    " PRIMARY KEY(kind, key))";

bool in_memory(const std::string& file) {
    struct statfs stat {};
    return statfs(file.c_str(), &stat) == 0 &&
           (stat.f_type == TMPFS_MAGIC || stat.f_type == static_cast<decltype(stat.f_type)>(RAMFS_MAGIC));
}

// Whether the file is to blame, so that a new one mends it.
bool blames_file(Trouble trouble) {
    return trouble == Trouble::damaged || trouble == Trouble::no_database || trouble == Trouble::read_only;
}

// Which file a name means, and what shows that it was written to; none: zeros.
struct Seen {
    explicit Seen(const std::string& file) {
        struct stat stat {};
        if (::stat(file.c_str(), &stat) != 0) return;
        which = {stat.st_dev, stat.st_ino};
        what = {stat.st_size, stat.st_mtim.tv_sec, stat.st_mtim.tv_nsec};
    }
    std::pair<dev_t, ino_t> which;
    std::tuple<off_t, time_t, long> what;
};

// An open database; or why what is there cannot be used, and a new one could.
struct Opened {
    Database database;
    std::string faulty;  // why; empty: all is well
    bool damaged = true; // and no other's
};

// A file of this size is read in a moment, so all of it is looked at: also whether the index is that of its
// table (quick_check does not), and whether the tables are still those that we made.
Result<std::string> find_damage(Database& database) {
    std::string found;
    const auto take = [&](const Database::Row& row) {
        found = row.bytes(0);
        return false;
    };
    auto r = database.run("PRAGMA integrity_check(1)", {}, take);
    if (!r) return r.error();
    if (found != "ok") return found;
    r = database.run("SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY rowid)", {},
                     take);
    if (!r) return r.error();
    return found == kTables ? std::string{} : std::string{"its tables are damaged"};
}

// DAMAGED becomes false for what is whole, but not ours.
Result<std::string> find_fault(Database& database, const std::string& boot_id, bool& damaged) {
    const auto likeness = compare_form(database, kLedgerForm);
    if (!likeness) return likeness.error();
    if (*likeness == Likeness::empty) {
        if (auto r = give_form(database, kLedgerForm, kTables); !r) return r.error();
        auto r = database.run("INSERT INTO meta VALUES('boot', ?)", {Database::blob(boot_id)});
        if (!r) return r.error();
        return std::string{};
    }
    damaged = *likeness == Likeness::same;
    if (!damaged)
        return std::string{*likeness == Likeness::foreign ? "it is another program's"
                                                          : "it is of another version of this program"};
    if (auto damage = find_damage(database); !damage || !damage->empty()) return damage;
    std::string boot;
    auto r = database.run("SELECT value FROM meta WHERE key='boot'", {}, [&](const auto& row) {
        boot = row.bytes(0);
        return false;
    });
    if (!r) return r.error();
    damaged = false;
    // Who could not learn in which boot it is knows of none but this: what is in memory ends with it.
    return boot == boot_id || boot.empty() || boot_id.empty()
               ? std::string{}
               : std::string{"it is of another boot of the machine"};
}

// The library would take a file of one byte for an empty one.
bool is_cut_off(const std::string& file) {
    struct stat stat {};
    return ::stat(file.c_str(), &stat) == 0 && stat.st_size == 1;
}

Result<Opened> try_open(const std::string& file, const std::string& boot_id,
                        std::chrono::milliseconds patience) {
    Opened opened;
    if (is_cut_off(file)) {
        opened.faulty = "it was cut off";
        return opened;
    }
    auto& database = opened.database;
    auto r = database.open(file, Database::Access::write, patience);
    if (r) r = database.exec(kSetUp);
    auto fault = r ? find_fault(database, boot_id, opened.damaged) : Result<std::string>{r.error()};
    if (!fault) {
        if (!blames_file(database.trouble())) return fault.error();
        fault = fault.error().why;
    }
    opened.faulty = *fault;
    return opened;
}

Result<> put(Database& database, std::span<const Remembered> changes) {
    return database.transact([&]() -> Result<> {
        for (const auto& [kind, key, value] : changes) {
            using D = Database;
            auto r = value.empty() ? database.run("DELETE FROM remembered WHERE kind=? AND key=?",
                                                  {D::blob(kind), D::blob(key)})
                                   : database.run(
                                         "INSERT INTO remembered VALUES(?, ?, ?) ON CONFLICT(kind, key)"
                                         " DO UPDATE SET value=excluded.value",
                                         {D::blob(kind), D::blob(key), D::blob(value)});
            if (!r) return r;
        }
        return {};
    });
}

Error unusable(const std::string& path, std::string why) {
    return Error{ErrorKind::failed, "cannot use", path, std::move(why), ""};
}

} // namespace

struct Ledger::Impl {
    Impl(std::string where, std::string boot, Database opened)
        : path(std::move(where)), boot_id(std::move(boot)) {
        use(std::move(opened));
    }
    void use(Database opened) {
        database = std::move(opened);
        look();
    }
    void look() {
        file = Seen{path};
        log = Seen{path + "-wal"};
    }
    // What is written to a file without a name is lost with us, and what others wrote to ours is damage,
    // which the library would find only where it reads again.
    std::string find_change() const {
        const Seen file_now{path}, log_now{path + "-wal"};
        if (file_now.which != file.which || log_now.which != log.which) return "it was moved away";
        const bool same = file_now.what == file.what && log_now.what == log.what;
        return same ? std::string{} : std::string{"somebody else has written to it"};
    }

    const std::string path, boot_id;
    Database database;
    Seen file{path}, log{path}; // as we left them
    bool changed = false;       // was the last error
};

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;
Ledger::~Ledger() = default;

Result<Ledger> Ledger::open(const std::string& file, const std::string& boot_id,
                            std::chrono::milliseconds patience) {
    const auto path = make_private_file(file, false);
    if (!path) return path.error();
    auto opened = try_open(*path, boot_id, patience);
    std::vector<std::string> warnings;
    std::string damage;
    if (opened && !opened->faulty.empty()) {
        opened->database.close();
        const auto aside = *path + ".bad";
        remove_database(aside);
        warnings.push_back("what a predecessor remembered cannot be used: " + escape(*path) + ": " +
                           escape(opened->faulty) + "; set aside as " + escape(aside));
        if (opened->damaged) damage = warnings.back();
        if (auto r = rename_database(*path, aside); !r) return r.error();
        if (const auto again = make_private_file(file, false); !again) return again.error();
        opened = try_open(*path, boot_id, patience);
        if (opened && !opened->faulty.empty()) return unusable(*path, opened->faulty);
    }
    if (!opened) return opened.error();
    const bool begun_anew = !warnings.empty();
    if (!in_memory(*path))
        warnings.push_back(escape(*path) +
                           " is not on a file system in memory (tmpfs): where its disk hangs, this program "
                           "does; name a directory of one with --run-dir");
    Ledger ledger{std::make_unique<Impl>(*path, boot_id, std::move(opened->database))};
    ledger.warnings_ = std::move(warnings);
    ledger.damage_ = std::move(damage);
    ledger.begun_anew_ = begun_anew;
    return ledger;
}

Result<std::vector<Remembered>> Ledger::load() {
    std::vector<Remembered> all;
    auto r = impl_->database.run(
        "SELECT kind, key, value FROM remembered ORDER BY kind, key", {}, [&](const Database::Row& row) {
            all.push_back({std::string{row.bytes(0)}, std::string{row.bytes(1)}, std::string{row.bytes(2)}});
            return true;
        });
    if (!r) return r.error();
    return all;
}

Result<> Ledger::commit(std::span<const Remembered> changes) {
    if (changes.empty()) return {};
    const auto change = impl_->find_change();
    impl_->changed = !change.empty();
    if (impl_->changed) return unusable(impl_->path, change);
    if (!impl_->database) return unusable(impl_->path, "it could not be begun anew");
    auto r = put(impl_->database, changes);
    impl_->look();
    return r;
}

bool Ledger::is_faulty() const {
    const auto trouble = impl_->database.trouble();
    return impl_->changed || !impl_->database || blames_file(trouble) || trouble == Trouble::input_output;
}

Result<> Ledger::begin_anew(std::span<const Remembered> everything) {
    constexpr std::chrono::milliseconds patience{0};
    const auto& path = impl_->path;
    const auto next = path + ".new";
    remove_database(next);
    if (const auto made = make_private_file(next, false); !made) return made.error();
    auto opened = try_open(next, impl_->boot_id, patience);
    auto r = opened ? put(opened->database, everything) : Result<>{opened.error()};
    // All of it into the one file that then gets the name.
    if (r) r = opened->database.run("PRAGMA wal_checkpoint(TRUNCATE)", {});
    if (opened) opened->database.close();
    if (!r) {
        remove_database(next);
        return r;
    }
    impl_->database.close();
    r = replace_database(path, next, path + ".bad");
    opened = try_open(path, impl_->boot_id, patience);
    if (!opened) return opened.error();
    if (!opened->faulty.empty()) return unusable(path, opened->faulty);
    impl_->use(std::move(opened->database));
    impl_->changed = false;
    return r;
}

} // namespace dmev
