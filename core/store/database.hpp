// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace dmev {

// What kind of trouble the library told of: what is to be done depends on it.
enum class Trouble { none, busy, full, read_only, damaged, no_database, cannot_open, input_output, other };

// One connection to a SQLite file, for one thread. Every error has the library's own words and the file's
// name. Nothing in a file is trusted to be what we wrote: its schema runs no code.
class Database {
 public:
    enum class Access {
        write,     // the file is there: see make_private_file()
        read,      // also while another process writes
        immutable, // nobody writes; the file system need not be writable for the library's own files
    };
    // Values of a row, valid until the next one.
    class Row {
     public:
        std::int64_t number(int column) const;
        std::string_view bytes(int column) const;

     private:
        friend class Database;
        explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
        sqlite3_stmt* statement_;
    };
    using EachRow = std::function<bool(const Row&)>; // false: no more of them
    // A value that is bound to the statement's next place. Texts are borrowed for the call.
    struct Value {
        enum class Kind { number, text, blob, null } kind = Kind::null;
        std::int64_t number = 0;
        std::string_view bytes;
    };
    static Value number(std::int64_t n) { return {Value::Kind::number, n, {}}; }
    static Value text(std::string_view t) { return {Value::Kind::text, 0, t}; }
    static Value blob(std::string_view b) { return {Value::Kind::blob, 0, b}; }

    Database() = default;
    ~Database() { close(); }
    Database(Database&& other) noexcept;
    Database& operator=(Database&& other) noexcept;

    // REQUIRES: it is closed. After an error it still is. PATIENCE: with another process that holds a lock.
    Result<> open(const std::string& file, Access access, std::chrono::milliseconds patience);
    void close();
    explicit operator bool() const { return handle_ != nullptr; }

    // Statements without values or rows, as many as SQL has.
    Result<> exec(const char* sql);
    // One statement, prepared once and kept. EACH: for every row.
    Result<> run(std::string_view sql, std::initializer_list<Value> values, const EachRow& each = {});
    // The number in the first column of the first row; 0 without one.
    Result<std::int64_t> number_of(std::string_view sql);
    // BODY within one transaction, which is undone when it fails.
    Result<> transact(const std::function<Result<>()>& body);

    // A function for SQL: of COUNT values, gives a truth.
    using Predicate = std::function<bool(const std::string_view* values, int count)>;
    Result<> define(const char* name, int count, Predicate predicate);

    std::int64_t rows_changed() const;           // by the last statement
    Trouble trouble() const { return trouble_; } // of the last error
    const std::string& file() const { return file_; }

 private:
    Error failed(const char* what, int code);
    Result<sqlite3_stmt*> prepared(std::string_view sql);

    sqlite3* handle_ = nullptr;
    std::string file_;
    std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
    Trouble trouble_ = Trouble::none;
};

} // namespace dmev
