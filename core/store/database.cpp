// SPDX-License-Identifier: Apache-2.0
#include "store/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace dmev {
namespace {

Trouble trouble_of(int code) {
    switch (code & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return Trouble::busy;
        case SQLITE_FULL: return Trouble::full;
        case SQLITE_READONLY:
        case SQLITE_PERM: return Trouble::read_only;
        // Our statements are always the same: where one is wrong, the tables are not those we made.
        case SQLITE_ERROR:
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
        case SQLITE_CORRUPT: return Trouble::damaged;
        case SQLITE_NOTADB: return Trouble::no_database;
        case SQLITE_CANTOPEN: return Trouble::cannot_open;
        case SQLITE_IOERR: return Trouble::input_output;
        default: return Trouble::other;
    }
}

const char* remedy_of(Trouble trouble) {
    switch (trouble) {
        case Trouble::busy: return "end the process that holds it";
        case Trouble::full: return "make room on its file system";
        case Trouble::read_only:
        case Trouble::cannot_open: return "make the file, its directory and its file system writable";
        case Trouble::input_output: return "look for errors of its disk in the kernel's log";
        default: return "";
    }
}

void predicate(sqlite3_context* context, int count, sqlite3_value** values) {
    std::vector<std::string_view> texts;
    for (int i = 0; i < count; ++i) {
        const auto* bytes = static_cast<const char*>(sqlite3_value_blob(values[i]));
        texts.emplace_back(bytes ? bytes : "", static_cast<std::size_t>(sqlite3_value_bytes(values[i])));
    }
    const auto* is = static_cast<const Database::Predicate*>(sqlite3_user_data(context));
    sqlite3_result_int(context, (*is)(texts.data(), count) ? 1 : 0);
}

} // namespace

std::int64_t Database::Row::number(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Database::Row::bytes(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return {bytes ? bytes : "", static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Database::Database(Database&& other) noexcept { *this = std::move(other); }

Database& Database::operator=(Database&& other) noexcept {
    if (this == &other) return *this;
    close();
    handle_ = std::exchange(other.handle_, nullptr);
    file_ = std::move(other.file_);
    statements_ = std::exchange(other.statements_, {});
    trouble_ = other.trouble_;
    return *this;
}

Error Database::failed(const char* what, int code) {
    const int extended = handle_ ? sqlite3_extended_errcode(handle_) : code;
    trouble_ = trouble_of(extended == SQLITE_OK ? code : extended);
    std::string why = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    // Its words for any error of the system are all the same.
    const int system = handle_ ? sqlite3_system_errno(handle_) : 0;
    if (system != 0 && (trouble_ == Trouble::input_output || trouble_ == Trouble::cannot_open)) {
        char buffer[128];
        why += fmt::format(" ({})", strerror_r(system, buffer, sizeof buffer));
    }
    return Error{ErrorKind::failed, what, file_, std::move(why), remedy_of(trouble_)};
}

Result<> Database::open(const std::string& file, Access access, std::chrono::milliseconds patience) {
    file_ = file;
    trouble_ = Trouble::none;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI;
    flags |= access == Access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW : SQLITE_OPEN_READONLY;
    std::string uri = "file:";
    for (const char c : file) {
        const bool plain = c == '/' || c == '.' || c == '-' || c == '_' || (c >= '0' && c <= '9') ||
                           (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    if (access == Access::immutable) uri += "?immutable=1";
    int code = sqlite3_open_v2(uri.c_str(), &handle_, flags, nullptr);
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(handle_, static_cast<int>(patience.count()));
        sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        // cell_size_check finds damage before it is followed; no file is mapped, since that would turn an
        // error of the disk into a signal.
        code = sqlite3_exec(handle_,
                            "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"
                            "PRAGMA temp_store=MEMORY",
                            nullptr, nullptr, nullptr);
    }
    if (code == SQLITE_OK) return {};
    auto error = failed("cannot open", code);
    close();
    return error;
}

void Database::close() {
    for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    statements_.clear();
    sqlite3_close_v2(std::exchange(handle_, nullptr));
}

Result<> Database::exec(const char* sql) {
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return failed("cannot use", code);
    return {};
}

Result<sqlite3_stmt*> Database::prepared(std::string_view sql) {
    if (const auto it = statements_.find(sql); it != statements_.end()) return it->second;
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return failed("cannot use", code);
    statements_.emplace(sql, statement);
    return statement;
}

Result<> Database::run(std::string_view sql, std::initializer_list<Value> values, const EachRow& each) {
    const auto statement = prepared(sql);
    if (!statement) return statement.error();
    int place = 0, code = SQLITE_OK;
    for (const auto& value : values) {
        ++place;
        const auto size = value.bytes.size();
        // An empty blob is no NULL, whatever its pointer.
        const char* data = value.bytes.empty() ? "" : value.bytes.data();
        switch (value.kind) {
            case Value::Kind::number: code |= sqlite3_bind_int64(*statement, place, value.number); break;
            case Value::Kind::text:
                code |= sqlite3_bind_text64(*statement, place, data, size, SQLITE_STATIC, SQLITE_UTF8);
                break;
            case Value::Kind::blob:
                code |= sqlite3_bind_blob64(*statement, place, data, size, SQLITE_STATIC);
                break;
            case Value::Kind::null: code |= sqlite3_bind_null(*statement, place); break;
        }
    }
    if (code == SQLITE_OK)
        while ((code = sqlite3_step(*statement)) == SQLITE_ROW)
            if (each && !each(Row{*statement})) break;
    // The words are taken before the reset, which may have others.
    Result<> result;
    if (code != SQLITE_DONE && code != SQLITE_ROW) result = failed("cannot use", code);
    sqlite3_reset(*statement);
    sqlite3_clear_bindings(*statement);
    return result;
}

Result<std::int64_t> Database::number_of(std::string_view sql) {
    std::int64_t number = 0;
    const auto r = run(sql, {}, [&](const Row& row) {
        number = row.number(0);
        return false;
    });
    if (!r) return r.error();
    return number;
}

Result<> Database::transact(const std::function<Result<>()>& body) {
    if (auto r = run("BEGIN IMMEDIATE", {}); !r) return r;
    auto result = body();
    if (result) result = run("COMMIT", {});
    if (result) return result;
    // Some errors have undone it already; the trouble that is remembered is that of the body.
    const auto trouble = trouble_;
    if (sqlite3_get_autocommit(handle_) == 0) static_cast<void>(run("ROLLBACK", {}));
    trouble_ = trouble;
    return result;
}

Result<> Database::define(const char* name, int count, Predicate is) {
    auto owned = std::make_unique<Predicate>(std::move(is));
    // The library deletes it, also when it fails.
    const int code = sqlite3_create_function_v2(handle_, name, count, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                                owned.release(), predicate, nullptr, nullptr,
                                                [](void* p) { delete static_cast<Predicate*>(p); });
    if (code != SQLITE_OK) return failed("cannot use", code);
    return {};
}

std::int64_t Database::rows_changed() const { return sqlite3_changes64(handle_); }

} // namespace dmev
