// SPDX-License-Identifier: Apache-2.0
// Another process that uses the same file, since within one the library would ask itself for the locks.
//   ledger FILE BOOT     opens a ledger; exit status 1 if it cannot
//   past FILE            prints what a history tells, a line for each row
//   hold FILE            holds a lock on a database, says so, and waits for the end of standard input
//   checkpoint FILE      puts the log back into the file, as an administrator may, and says "done"
//   keep FILE            keeps the events of standard input, JSON lines; others are decisions, ID before JSON
//   flood FILE BOOT      writes events without end, and says how many are kept, until it is killed
#include <sqlite3.h>

#include <cstdio>
#include <cstring>
#include <iostream>
#include <thread>

#include "model/event_json.hpp"
#include "store/history.hpp"
#include "store/ledger.hpp"
#include "store/past.hpp"

namespace dmev {
namespace {

int try_ledger(const char* file, const char* boot) {
    const auto ledger = Ledger::open(file, boot);
    if (!ledger) std::cout << ledger.error().text() << '\n';
    return ledger ? 0 : 1;
}

int print_past(const char* file) {
    const auto r = read_past(file, {}, [](const PastRow& row) {
        std::cout << row.json << '\n';
        return true;
    });
    if (!r) std::cout << r.error().text() << '\n';
    return r ? 0 : 1;
}

int hold(const char* file) {
    sqlite3* database = nullptr;
    if (sqlite3_open(file, &database) != SQLITE_OK ||
        sqlite3_exec(database, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) != SQLITE_OK)
        return 1;
    std::cout << "held" << std::endl;
    while (std::cin.get() != std::char_traits<char>::eof()) {
    }
    return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}

int checkpoint(const char* file) {
    sqlite3* database = nullptr;
    if (sqlite3_open(file, &database) != SQLITE_OK ||
        sqlite3_exec(database, "SELECT count(*) FROM history", nullptr, nullptr, nullptr) != SQLITE_OK ||
        sqlite3_wal_checkpoint_v2(database, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr) !=
            SQLITE_OK)
        return 1;
    std::cout << "done" << std::endl;
    return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}

int keep(const char* file) {
    HistoryOptions options;
    options.file = file;
    options.keep = std::chrono::hours{24 * 3650};
    History history{options, "boot", {}};
    Time last{};
    for (std::string line; std::getline(std::cin, line);) {
        if (const auto event = parse_event(line)) {
            history.event(*event);
            last = event->time;
        } else {
            history.decision(last, line.substr(0, line.find(' ')), line.substr(line.find(' ') + 1));
        }
    }
    return history.drain(std::chrono::seconds{60}) ? 0 : 1;
}

int flood(const char* file, const char* boot) {
    HistoryOptions options;
    options.file = file;
    History history{options, boot, {}};
    Event event;
    for (std::uint64_t i = 0;; ++i) {
        event.id = std::to_string(i);
        event.type = "test.flood";
        event.time = std::chrono::system_clock::now();
        history.event(event);
        history.remember({{"run", std::to_string(i % 10), std::to_string(i)}});
        while (history.counts().waiting > 1000) std::this_thread::yield();
        if (i % 100 == 0) std::cout << history.counts().written << std::endl;
    }
}

} // namespace
} // namespace dmev

int main(int argc, char** argv) {
    const auto is = [&](const char* mode, int count) {
        return argc == count + 2 && std::strcmp(argv[1], mode) == 0;
    };
    if (is("ledger", 2)) return dmev::try_ledger(argv[2], argv[3]);
    if (is("past", 1)) return dmev::print_past(argv[2]);
    if (is("hold", 1)) return dmev::hold(argv[2]);
    if (is("checkpoint", 1)) return dmev::checkpoint(argv[2]);
    if (is("keep", 1)) return dmev::keep(argv[2]);
    if (is("flood", 2)) return dmev::flood(argv[2], argv[3]);
    return 2;
}
