// SPDX-License-Identifier: Apache-2.0
// Where events go when nobody reads standard output: the journal, field by field, or syslog where there is
// none.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "model/event.hpp"

namespace dmev {

// "MESSAGE=...", "PRIORITY=4", "DMEVENT_TYPE=...", ...: what `journalctl DMEVENT_TYPE=thin.low_water`
// matches.
std::vector<std::string> journal_fields(const Event& event);

// One line for people, of what syslog is given.
std::string syslog_line(const Event& event);

// Both ways of sending may block while the logging daemon is away, so a thread does it; events beyond a
// bounded queue are dropped, and their number is sent in their place.
class SystemLog {
 public:
    explicit SystemLog(bool json); // syslog lines as JSON; the journal's fields always have it
    ~SystemLog();                  // sends what is queued, for at most a second
    SystemLog(const SystemLog&) = delete;
    SystemLog& operator=(const SystemLog&) = delete;

    void event(const Event& event); // never blocks

    static bool has_reader(); // does a journal or a syslog listen?

 private:
    struct Shared;
    std::shared_ptr<Shared> shared_; // also the thread's, which may hang in a send after we are gone
};

} // namespace dmev
