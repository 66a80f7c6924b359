// SPDX-License-Identifier: Apache-2.0
#include "output/journal.hpp"

#include <fmt/format.h>
#include <syslog.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/text.hpp"
#include "output/journal_socket.hpp"
#include "output/output.hpp"

namespace dmev {
namespace {

constexpr std::size_t max_queued = 10'000;

int priority(Severity severity) {
    switch (severity) {
        case Severity::info: return LOG_INFO;
        case Severity::notice: return LOG_NOTICE;
        case Severity::warning: return LOG_WARNING;
        case Severity::error: return LOG_ERR;
        case Severity::critical: return LOG_CRIT;
    }
    return LOG_INFO;
}

// What ended is no longer as grave as it was.
int priority(const Event& event) {
    return event.state == State::cleared ? LOG_NOTICE : priority(event.severity);
}

struct Entry {
    int priority = LOG_INFO;
    std::string line;                // for syslog
    std::vector<std::string> fields; // for the journal
};

void send(const Entry& entry, const JournalSocket& journal) {
    if (!entry.fields.empty() && journal.send(entry.fields)) return;
    syslog(LOG_DAEMON | entry.priority, "%s", entry.line.c_str());
}

} // namespace

std::vector<std::string> journal_fields(const Event& event) {
    std::vector<std::string> fields = {
        "MESSAGE=" + syslog_line(event),
        fmt::format("PRIORITY={}", priority(event)),
        "SYSLOG_IDENTIFIER=dmevent_tool",
        "DMEVENT_TYPE=" + event.type,
        fmt::format("DMEVENT_SEVERITY={}", severity_name(event.severity)),
        fmt::format("DMEVENT_STATE={}", state_name(event.state)),
        "DMEVENT_ID=" + event.id,
        "DMEVENT_JSON=" + event_json(event),
    };
    if (event.device) {
        fields.push_back("DMEVENT_DEVICE=" + event.device->name);
        if (!event.device->uuid.empty()) fields.push_back("DMEVENT_UUID=" + event.device->uuid);
    }
    return fields;
}

std::string syslog_line(const Event& event) {
    const char* state = event.state == State::cleared ? " (cleared)" : event.initial ? " (initial)" : "";
    return fmt::format("{} {}{}: {}", severity_name(event.severity), event.type, state,
                       escape(event.message));
}

struct SystemLog::Shared {
    const bool json;
    const JournalSocket journal;
    const bool has_journal = journal.is_there();
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Entry> queue;
    std::size_t dropped = 0;
    bool closing = false;
    bool idle = false;  // the thread waits, or has ended
    bool alone = false; // there is none: who says something waits until it is said

    explicit Shared(bool as_json) : json(as_json) {}

    void run() {
        std::unique_lock lock{mutex};
        for (;;) {
            idle = queue.empty();
            changed.notify_all();
            changed.wait(lock, [this] { return closing || !queue.empty(); });
            if (queue.empty()) break;
            idle = false;
            const auto entry = std::move(queue.front());
            queue.pop_front();
            const auto lost = std::exchange(dropped, 0);
            lock.unlock();
            send(entry, journal);
            if (lost > 0)
                send({LOG_WARNING, fmt::format("{} events could not be logged in time", lost), {}}, journal);
            lock.lock();
        }
        idle = true;
        changed.notify_all();
    }
};

bool SystemLog::has_reader() { return JournalSocket{}.is_there() || access("/dev/log", W_OK) == 0; }

SystemLog::SystemLog(bool json) : shared_(std::make_shared<Shared>(json)) {
    try {
        std::thread{[shared = shared_] { shared->run(); }}.detach();
    } catch (const std::system_error&) {
        shared_->alone = shared_->idle = true;
    }
}

SystemLog::~SystemLog() {
    std::unique_lock lock{shared_->mutex};
    shared_->closing = true;
    shared_->changed.notify_all();
    shared_->changed.wait_for(lock, std::chrono::seconds{1},
                              [this] { return shared_->idle && shared_->queue.empty(); });
}

void SystemLog::event(const Event& event) {
    Entry entry{priority(event), shared_->json ? event_json(event) : syslog_line(event), {}};
    if (shared_->has_journal) entry.fields = journal_fields(event);
    const std::lock_guard lock{shared_->mutex};
    if (shared_->alone) return send(entry, shared_->journal);
    if (shared_->queue.size() >= max_queued) {
        ++shared_->dropped;
        return;
    }
    shared_->queue.push_back(std::move(entry));
    shared_->changed.notify_all();
}

} // namespace dmev
