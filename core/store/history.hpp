// SPDX-License-Identifier: Apache-2.0
// What happened, on disk: events, decisions, and what came of actions; and a copy of what the ledger has, for
// after a reboot. All writing is one thread's, behind a bounded queue: its owner never waits for the disk.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/event.hpp"
#include "model/remembered.hpp"

namespace dmev {

struct HistoryOptions {
    std::string file;                                        // a SQLite database
    std::chrono::seconds keep = std::chrono::hours{24 * 90}; // older rows are removed
    std::uint64_t max_size = 256 << 20;                      // bytes; beyond it the oldest rows are removed
    std::size_t queue = 20'000; // rows that may wait in memory; beyond it the oldest are dropped, and counted
    std::size_t queue_bytes = 32 << 20;               // and no more than this
    std::chrono::milliseconds stalled_after{10'000};  // one write takes longer: the store is reported
    std::chrono::milliseconds retry{30'000};          // the longest wait before what failed is tried again
    std::chrono::milliseconds mount_patience{60'000}; // no directory yet, or a read-only one: reported then
    std::chrono::milliseconds closing{250};           // the end waits no longer for the file to be closed
};

// Its owner watches fd() and calls dispatch(), and while it works once a second at least; everything else is
// the thread's.
class History {
 public:
    // Called by dispatch() alone.
    struct Sink {
        // WHY it cannot be written; empty when it works for the first time, or again. What was queued
        // meanwhile is written then.
        std::function<void(const std::string& why)> state;
        // What an earlier boot remembered, when the file could be opened; until earlier_settled() says that
        // it was taken over, each successor is given it again.
        std::function<void(std::vector<Remembered>&&)> remembered;
    };
    // Returns at once; the file is opened by the thread, as soon as its directory is there. BOOT_ID: what
    // was remembered in this boot is not given to Sink::remembered, since the ledger has it.
    History(HistoryOptions options, std::string boot_id, Sink sink);
    ~History(); // drain(), if that was not called
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    int fd() const;     // readable when there is something to dispatch
    void dispatch();    // also finds a write that takes too long
    bool works() const; // what may come to hang is to be done, or under way

    void event(const Event& event);
    // JSON: the decision's line. About the event of this id.
    void decision(Time time, const std::string& event_id, std::string json);
    // The copy is what was told here, all of it: begin with what the ledger holds.
    void remember(std::vector<Remembered> changes);
    void earlier_settled();
    void lost(std::uint64_t rows); // so many were lost on the way here
    // Other limits, from a configuration that was read again. The file stays.
    void limit(std::chrono::seconds keep, std::uint64_t max_size);

    // Waits until what is queued is written, or cannot be, for at most PATIENCE. A thread that hangs in the
    // disk is left to itself.
    bool drain(std::chrono::milliseconds patience = std::chrono::seconds{1});

    struct Counts {
        std::uint64_t written = 0, dropped = 0, waiting = 0;
    };
    Counts counts() const;

 private:
    std::shared_ptr<class HistoryWriter> writer_; // also the thread's, which may outlive us
    Sink sink_;
};

} // namespace dmev
