// SPDX-License-Identifier: Apache-2.0
// The reader processes as the dispatcher sees them: who is idle, who was given up. Keeps their number up
// through the launcher; waits for none of them.
#pragma once
#include <functional>
#include <map>
#include <string>

#include "base/loop.hpp"
#include "process/launcher.hpp"
#include "source/reader_protocol.hpp"

namespace dmev {

class ReaderPool {
 public:
    struct Handlers {
        std::function<void(ReadReply&&)> replied;
        std::function<void(std::uint32_t call)> lost; // its reader died
        std::function<void()> changed;                // there may be more readers to be had, or fewer
    };

    // LAUNCHER must outlive the pool, and LOOP after start().
    ReaderPool(Launcher& launcher, const ReaderSetup& setup, std::size_t readers);
    ~ReaderPool(); // closes the sockets: readers end when they see it
    ReaderPool(const ReaderPool&) = delete;
    ReaderPool& operator=(const ReaderPool&) = delete;

    Result<> start(Loop& loop, Handlers handlers);
    bool idle() const;
    void ask(const ReadRequest& request); // REQUIRES: idle()
    void hear();                          // takes in what was answered already, before the loop says so
    void give_up(std::uint32_t call);     // its reader counts no more, until it answers
    void refill();                        // forks what is missing; after a failure not for a second
    std::size_t usable() const;           // idle or at work

 private:
    struct Reader {
        pid_t pid = 0;
        Fd socket;
        FrameBuffer input;
        std::optional<std::uint32_t> call;
        bool given_up = false;
        bool answered = false; // ever
    };
    Result<> add();
    void on_readable(int fd);
    void drop(int fd);
    void pause();

    Launcher& launcher_;
    std::string setup_;
    std::size_t wanted_;
    Loop* loop_ = nullptr;
    Handlers handlers_;
    std::map<int, Reader> readers_; // by their sockets
    Loop::TimerId pause_ = 0;       // no new readers until then
};

} // namespace dmev
