// SPDX-License-Identifier: Apache-2.0
// A history whose sink is watched, and what it is given.
#pragma once
#include <poll.h>

#include "base/time.hpp"
#include "store/history.hpp"
#include "store/past.hpp"
#include "support.hpp"

namespace dmev {

using namespace std::chrono_literals;

inline const std::string kBoot = "3ad7634c-0000-4000-8000-0123456789ab";

inline Event event_of(int n, const std::string& type = "thin.low_water",
                      Severity severity = Severity::warning, const std::string& name = "vg-pool") {
    Event event;
    event.id = std::to_string(1'000'000 + n);
    event.time = *parse_utc("2026-01-31T10:15:00Z") + std::chrono::seconds{n};
    event.type = type;
    event.severity = severity;
    event.source = "kernel";
    event.message = "it is so";
    event.device = DeviceId{name, "LVM-" + name, {253, 1}, {}};
    return event;
}

// A history and what its sink was told, but for that it works from the beginning.
struct Watched {
    std::vector<std::string> states;
    std::vector<Remembered> earlier;
    int given = 0;
    std::unique_ptr<History> history;

    static HistoryOptions options(const std::string& file) {
        HistoryOptions options;
        options.file = file;
        options.keep = std::chrono::hours{24 * 3650};
        options.retry = 20ms;
        options.closing = 60s; // what a test does next to the file must not meet the thread
        return options;
    }
    explicit Watched(const std::string& file, const std::string& boot = kBoot)
        : Watched(options(file), boot) {}
    explicit Watched(const HistoryOptions& options, const std::string& boot = kBoot) {
        history = std::make_unique<History>(options, boot,
                                            History::Sink{[this](const std::string& why) {
                                                              if (!why.empty() || !states.empty())
                                                                  states.push_back(why);
                                                          },
                                                          [this](std::vector<Remembered>&& rows) {
                                                              earlier = std::move(rows);
                                                              ++given;
                                                          }});
    }
    // Dispatches until IS; whether that came to be.
    bool until(const std::function<bool()>& is) {
        const auto end = std::chrono::steady_clock::now() + 60s;
        for (;;) {
            history->dispatch();
            if (is()) return true;
            if (std::chrono::steady_clock::now() > end) return false;
            pollfd ready{history->fd(), POLLIN, 0};
            poll(&ready, 1, 20);
        }
    }
    bool until_told(std::size_t count) {
        return until([&] { return states.size() >= count; });
    }
    bool until_written(std::uint64_t rows) {
        return until([&] { return history->counts().written >= rows; });
    }
};

inline std::vector<PastRow> past_of(const std::string& file, const PastQuery& query = {}) {
    std::vector<PastRow> rows;
    const auto there = read_past(file, query, [&](const PastRow& row) {
        rows.push_back(row);
        return true;
    });
    EXPECT_TRUE(there) << there.error().text();
    EXPECT_TRUE(there && *there);
    return rows;
}

inline std::vector<std::string> ids_of(const std::vector<PastRow>& rows) {
    std::vector<std::string> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    return ids;
}

} // namespace dmev
