// SPDX-License-Identifier: Apache-2.0
// The reader processes as the dispatcher sees them: who is idle, who was given up. Keeps their number up
// through the launcher; waits for none of them.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/loop.hpp"
#include "process/launcher.hpp"
#include "source/reader_protocol.hpp"

namespace dmev {

class ReaderPool {
 public:
    struct Handlers {
        std::function<void(std::vector<ReadReply>&&)> replied;
        std::function<void(std::uint32_t call)> begun;     // its reader is done with what was asked before
        std::function<void(std::uint32_t call)> lost;      // its reader died
        std::function<void(std::uint32_t call)> withdrawn; // its reader never came to it
        std::function<void()> changed;                     // there may be more readers to be had, or fewer
    };

    // LAUNCHER must outlive the pool, and LOOP after start().
    ReaderPool(Launcher& launcher, const ReaderSetup& setup, std::size_t readers);
    ~ReaderPool(); // closes the sockets: readers end when they see it
    ReaderPool(const ReaderPool&) = delete;
    ReaderPool& operator=(const ReaderPool&) = delete;

    Result<> start(Loop& loop, Handlers handlers);
    bool idle() const; // some reader has nothing to do
    bool room() const; // or may be asked in advance
    // REQUIRES: room(). True: it begins at once. A reader answers in the order in which it was asked.
    bool ask(const ReadRequest& request);
    void send();                      // what was asked since the last time
    void hear();                      // takes in what was answered already, before the loop says so
    void give_up(std::uint32_t call); // its reader counts no more, until it has answered all it was asked
    void refill();                    // forks what is missing; after a failure not for a second
    std::size_t usable() const;       // idle or at work

 private:
    struct Reader {
        pid_t pid = 0;
        Fd socket;
        FrameBuffer input;
        std::string output;              // asked, and not sent yet
        std::deque<std::uint32_t> calls; // it is at the first
        bool given_up = false;           // all but the first were withdrawn
        bool answered = false;           // ever
    };
    Result<> add();
    std::map<int, Reader>::iterator least_busy();
    void on_readable(int fd);
    bool take(Reader& reader, std::vector<ReadReply>& replies);
    void withdraw(const std::deque<std::uint32_t>& calls);
    void drop(int fd);
    void pause();
    void be_woken(bool by_answers);
    void hear_later();

    Launcher& launcher_;
    std::string setup_;
    std::size_t wanted_;
    Loop* loop_ = nullptr;
    Handlers handlers_;
    std::map<int, Reader> readers_; // by their sockets
    Loop::TimerId pause_ = 0;       // no new readers until then
    Loop::TimerId hearing_ = 0;     // no answer wakes us until then
};

} // namespace dmev
