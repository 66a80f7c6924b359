// SPDX-License-Identifier: Apache-2.0
// dmeventd and multipathd as far as managed_by() sees them: a locked pid file, FIFOs or a socket, and a
// thread that answers what the test says.
#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/fd.hpp"

namespace fakes {

// A directory of its own, gone afterwards.
class TempDir {
 public:
    TempDir() {
        std::string name = (std::filesystem::temp_directory_path() / "managers-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
        path_ = name;
    }
    ~TempDir() { std::filesystem::remove_all(path_); }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    std::string operator/(const char* name) const { return (path_ / name).string(); }

 private:
    std::filesystem::path path_;
};

// What the test and the daemon's thread both use.
template <class T>
class Shared {
 public:
    explicit Shared(T value = {}) : value_(std::move(value)) {}
    void operator=(T value) {
        const std::lock_guard lock{mutex_};
        value_ = std::move(value);
    }
    T operator*() const {
        const std::lock_guard lock{mutex_};
        return value_;
    }

 private:
    mutable std::mutex mutex_;
    T value_;
};

// As a daemon holds it. The lock is of the open file, so that it is seen from within one process.
inline dmev::Fd locked_pidfile(const std::string& path) {
    dmev::Fd fd{open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    EXPECT_EQ(fcntl(fd.get(), F_OFD_SETLK, &lock), 0);
    return fd;
}

// Exactly SIZE bytes, or none when STOP became readable or the other side left.
inline std::optional<std::string> take(int fd, std::size_t size, int stop) {
    std::string out(size, '\0');
    for (std::size_t got = 0; got < size;) {
        pollfd ready[] = {{fd, POLLIN, 0}, {stop, POLLIN, 0}};
        poll(ready, 2, -1);
        if (ready[1].revents) return std::nullopt;
        const auto n = read(fd, out.data() + got, size - got);
        if (n <= 0) return std::nullopt;
        got += static_cast<std::size_t>(n);
    }
    return out;
}

inline void give(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = write(fd, bytes.data(), bytes.size());
        if (n <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

// Runs SERVE(stop) until it is destroyed.
class Served {
 public:
    explicit Served(std::function<void(int stop)> serve)
        : stop_(eventfd(0, EFD_CLOEXEC)), thread_([this, serve = std::move(serve)] { serve(stop_.get()); }) {}
    ~Served() {
        const std::uint64_t one = 1;
        EXPECT_EQ(write(stop_.get(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
        thread_.join();
    }

 private:
    dmev::Fd stop_;
    std::thread thread_;
};

inline std::string dmeventd_frame(std::int32_t status, std::string text) {
    const std::uint32_t head[] = {htonl(static_cast<std::uint32_t>(status)),
                                  htonl(static_cast<std::uint32_t>(text.size()))};
    return std::string(reinterpret_cast<const char*>(head), sizeof head) + text;
}

// ANSWER: from a request's command and text to the bytes of the answer.
class Dmeventd {
 public:
    using Answer = std::function<std::string(std::uint32_t command, const std::string& text)>;
    Dmeventd(const TempDir& dir, Answer answer) : lock_(locked_pidfile(dir / "dmeventd.pid")) {
        for (auto [name, fd] : {std::pair{"client", &client_}, {"server", &server_}}) {
            EXPECT_EQ(mkfifo((dir / name).c_str(), 0600), 0);
            *fd = dmev::Fd{open((dir / name).c_str(), O_RDWR | O_CLOEXEC)};
        }
        served_.emplace([this, answer = std::move(answer)](int stop) {
            while (const auto head = take(client_.get(), 8, stop)) {
                std::uint32_t words[2];
                std::memcpy(words, head->data(), sizeof words);
                const auto text = take(client_.get(), ntohl(words[1]), stop);
                if (!text) return;
                give(server_.get(), answer(ntohl(words[0]), *text));
            }
        });
    }
    int server() const { return server_.get(); }

 private:
    dmev::Fd lock_, client_, server_;
    std::optional<Served> served_;
};

inline std::string multipathd_frame(std::string text) {
    text += '\0';
    const std::size_t size = text.size();
    return std::string(reinterpret_cast<const char*>(&size), sizeof size) + text;
}

class Multipathd {
 public:
    using Answer = std::function<std::string(const std::string& command)>;
    // PLACE: a path, or @NAME in the abstract.
    Multipathd(const TempDir& dir, const std::string& place, Answer answer)
        : lock_(locked_pidfile(dir / "multipathd.pid")),
          listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        place.copy(address.sun_path, sizeof address.sun_path - 1);
        if (place[0] == '@') address.sun_path[0] = '\0';
        const auto size = offsetof(sockaddr_un, sun_path) + place.size() + (place[0] == '@' ? 0 : 1);
        EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(size)),
                  0);
        EXPECT_EQ(listen(listener_.get(), 5), 0);
        served_.emplace([this, answer = std::move(answer)](int stop) {
            for (;;) {
                pollfd ready[] = {{listener_.get(), POLLIN, 0}, {stop, POLLIN, 0}};
                poll(ready, 2, -1);
                if (ready[1].revents) return;
                const dmev::Fd peer{accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
                std::size_t length = 0;
                const auto head = take(peer.get(), sizeof length, stop);
                if (!head) continue;
                std::memcpy(&length, head->data(), sizeof length);
                const auto command = take(peer.get(), length, stop);
                if (!command) continue;
                const auto bytes = answer(*command);
                send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
                if (bytes.empty()) take(peer.get(), 1, stop); // keeps the asker waiting
            }
        });
    }

 private:
    dmev::Fd lock_, listener_;
    std::optional<Served> served_;
};

} // namespace fakes
