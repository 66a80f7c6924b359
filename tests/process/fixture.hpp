// SPDX-License-Identifier: Apache-2.0
// Real programs under real shepherds. What is awaited is an event, with a limit that only a failure reaches.
#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "process/launched_programs.hpp"

namespace dmev {

using std::chrono::milliseconds;

constexpr std::chrono::seconds patience{30};

inline int no_reader(int) { return 0; }

inline Program run(std::vector<std::string> argv) {
    Program program;
    program.argv = std::move(argv);
    program.env = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
    return program;
}

// SCRIPT's "$1", "$2", ... are ARGUMENTS.
inline Program shell(const std::string& script, const std::vector<std::string>& arguments = {}) {
    std::vector<std::string> argv{"/bin/sh", "-c", script, "sh"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run(std::move(argv));
}

inline std::vector<pid_t> numbers(const std::string& text) {
    std::istringstream in{text};
    std::vector<pid_t> list;
    for (pid_t number; in >> number;) list.push_back(number);
    return list;
}

inline Fd pidfd_of(pid_t pid) { return Fd{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))}; }
inline bool ends(const Fd& pidfd) {
    pollfd readable{pidfd.get(), POLLIN, 0};
    return poll(&readable, 1, static_cast<int>(milliseconds{patience}.count())) == 1;
}
inline bool is_there(pid_t pid) { return kill(pid, 0) == 0; }

// A number of our own /proc/self/status.
inline long status_kib(const std::string& what) {
    std::ifstream in{"/proc/self/status"};
    std::string word;
    long kib = 0;
    while (in >> word)
        if (word == what) in >> kib;
    return kib;
}

// Whether mlock() locks: who runs the tests may have no right to, and sanitizers make it do nothing.
inline bool locking_works() {
    const auto before = status_kib("VmLck:");
    void* page = mmap(nullptr, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const bool works = mlock(page, 1 << 20) == 0 && status_kib("VmLck:") == before + 1024;
    munmap(page, 1 << 20);
    return works;
}

// A directory that goes with the test.
class TempDir {
 public:
    TempDir() {
        char name[] = "/tmp/dmev-process-XXXXXX";
        path_ = mkdtemp(name);
    }
    ~TempDir() { std::filesystem::remove_all(path_); }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

 private:
    std::string path_;
};

// PROGRAM where nobody else can write, which a checkout cannot promise.
inline std::string trusted(const std::string& program) {
    static const TempDir dir;
    const auto copy = dir / std::filesystem::path{program}.filename();
    if (!std::filesystem::exists(copy)) std::filesystem::copy_file(program, copy);
    chmod(dir.path().c_str(), 0755); // for who runs as somebody else
    chmod(copy.c_str(), 0755);
    return copy;
}

// A pipe by name through which a program and the test wait for each other.
class Fifo {
 public:
    explicit Fifo(const std::string& path) : path_(path) {
        EXPECT_EQ(mkfifo(path.c_str(), 0666), 0);
        fd_ = Fd{open(path.c_str(), O_RDWR | O_CLOEXEC)};
    }
    const std::string& path() const { return path_; }
    void write_line(const std::string& text = "go") const {
        const auto line = text + "\n";
        EXPECT_EQ(write(fd_.get(), line.data(), line.size()), static_cast<ssize_t>(line.size()));
    }
    std::string read_line() const {
        std::string line;
        for (char byte;;) {
            pollfd readable{fd_.get(), POLLIN, 0};
            if (poll(&readable, 1, static_cast<int>(milliseconds{patience}.count())) != 1) return "<nothing>";
            if (read(fd_.get(), &byte, 1) != 1 || byte == '\n') return line;
            line += byte;
        }
    }

 private:
    std::string path_;
    Fd fd_;
};

// One dispatcher: loop, launcher, programs, and what was said of them.
class Dispatcher {
 public:
    explicit Dispatcher(std::string run_dir = "", Launcher::Guard guard = nullptr)
        : loop(*Loop::create()), launcher(*Launcher::start({no_reader, guard})) {
        auto opened = LaunchedPrograms::open(
            loop, launcher, std::move(run_dir),
            {[this](const std::string& id, Ended&& e) {
                 EXPECT_TRUE(ended.emplace(id, std::move(e)).second) << id << " ended twice";
                 if (says) programs->done(id);
             },
             [this](const std::string& id, milliseconds) { overdue.push_back(id); },
             [this](const std::string& id) { released.push_back(id); }});
        EXPECT_TRUE(opened);
        programs = std::move(*opened);
    }
    template <class P>
    bool await(P so) {
        const auto until = Loop::Clock::now() + patience;
        while (!so() && Loop::Clock::now() < until) EXPECT_TRUE(loop.step(milliseconds{1000}));
        return so();
    }
    // Starts PROGRAM and waits for its end.
    Ended end_of(const Program& program) {
        const auto id = "job-" + std::to_string(++last_);
        const auto started = programs->start(id, program);
        EXPECT_TRUE(started) << (started ? "" : started.error().text());
        return end_of(id);
    }
    Ended end_of(const std::string& id) {
        EXPECT_FALSE(ended.contains(id)) << "not from within the call";
        EXPECT_TRUE(await([&] { return ended.contains(id); })) << id << " does not end";
        return ended[id];
    }

    Loop loop;
    Launcher launcher;
    std::unique_ptr<LaunchedPrograms> programs;
    std::map<std::string, Ended> ended;
    std::vector<std::string> overdue, released;
    bool says = true; // at once what came of a program

 private:
    int last_ = 0;
};

} // namespace dmev
