// SPDX-License-Identifier: Apache-2.0
// The dispatcher's way to the history: a process that owns the disk, the launcher's or a service's. Nothing
// here waits: what the process does not take waits in memory, and beyond a limit is dropped and counted. What
// is said is handed over at the loop's next turn, since whatever is to be done about it comes first.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/fd.hpp"
#include "base/loop.hpp"
#include "model/event.hpp"
#include "process/frames.hpp"
#include "store/protocol.hpp"

namespace dmev {

class Archive {
 public:
    struct Ports {
        std::function<Result<Fd>()> process; // a new one that writes the history: its socket, non-blocking
        // All that is remembered: each new process is told it. May be empty.
        std::function<std::vector<Remembered>()> everything;
        // Why nothing can be written; empty: it can again.
        std::function<void(const std::string& why)> state;
        std::function<void(std::vector<Remembered>&&)> remembered; // of an earlier boot
    };
    static constexpr std::size_t most_waiting = 16 << 20; // bytes

    // LOOP outlives it. TRY_AGAIN: after that time a process that has ended gets a successor.
    Archive(Loop& loop, StoreSetup setup, Ports ports,
            std::chrono::milliseconds try_again = std::chrono::seconds{5});
    ~Archive(); // without drain() what still waits here is lost
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;

    void event(const Event& event);
    void decision(Time time, std::string event_id, std::string json);
    void remember(std::vector<Remembered> changes);
    void earlier_settled(); // what an earlier boot remembered was taken over
    void limit(std::chrono::seconds keep, std::uint64_t max_size);

    // Hands over what waits, and waits for the process to have written it, for at most PATIENCE. No call may
    // follow.
    bool drain(std::chrono::milliseconds patience = std::chrono::seconds{1});

 private:
    void say_later(std::variant<Event, StoreOrder> what);
    void put_said();
    void send(const StoreOrder& order);
    void send_rows(const StoreOrder& order);
    bool put(std::string frame, bool always = false);
    void put_late();
    void connect();
    void greet();
    void on_ready(std::uint32_t events);
    void flush_soon();
    void flush();
    void gone(const std::string& why);
    void report(StoreReport&& report);

    Loop& loop_;
    StoreSetup setup_;
    Ports ports_;
    const std::chrono::milliseconds try_again_;
    Fd socket_;
    FrameBuffer in_;
    std::vector<std::variant<Event, StoreOrder>> said_; // in this turn of the loop: becomes frames after it
    std::deque<std::string> out_; // whole frames; of the first SENT_ bytes are gone already
    std::size_t sent_ = 0, waiting_ = 0;
    std::size_t greeting_ = 0; // the first of them, which each process is told anew
    std::uint64_t lost_ = 0;   // and not said yet
    std::map<std::pair<std::string, std::string>, std::string>
        late_; // remembered, for which there was no room
    bool watching_out_ = false, settled_ = false;
    Loop::TimerId again_ = 0, soon_ = 0;
    Loop::Clock::time_point quiet_until_{}; // it said that it leaves, which is no failure
    std::string why_;                       // last said
};

} // namespace dmev
