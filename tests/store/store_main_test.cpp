// SPDX-License-Identifier: Apache-2.0
// The history's process from its socket's other end: what it is told is found in the file, what it finds it
// says.
#include "store/store_main.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <fstream>

#include "history_support.hpp"
#include "model/event_json.hpp"
#include "process/frames.hpp"
#include "store/protocol.hpp"

namespace dmev {
namespace {

class Process {
 public:
    Process() {
        int pair[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        socket_ = Fd{pair[0]};
        Fd its{pair[1]};
        pid_ = fork();
        if (pid_ == 0) {
            socket_.reset();
            _exit(store_main(its.get()));
        }
    }
    ~Process() {
        if (pid_ > 0) kill(pid_, SIGKILL), end();
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    bool tell(const StoreOrder& order) { return send_bytes(encode(order)); }
    bool send_bytes(const std::string& bytes) { return write_frame(socket_.get(), bytes); }
    std::optional<StoreReport> report() {
        pollfd ready{socket_.get(), POLLIN, 0};
        if (poll(&ready, 1, 60'000) <= 0) return std::nullopt;
        const auto frame = read_frame(socket_.get());
        return frame ? decode_store_report(*frame) : std::nullopt;
    }
    std::string state() {
        const auto said = report();
        return said && std::holds_alternative<StoreState>(*said) ? std::get<StoreState>(*said).why
                                                                 : "it said nothing of its state";
    }
    // What an earlier boot left, whatever else it says first.
    std::optional<std::vector<Remembered>> memory() {
        for (;;) {
            auto said = report();
            if (!said) return std::nullopt;
            if (auto* memory = std::get_if<StoreMemory>(&*said)) return std::move(memory->rows);
        }
    }
    // How often it has gone to sleep so far.
    long slept() const {
        std::ifstream status{"/proc/" + std::to_string(pid_) + "/status"};
        std::string word;
        while (status >> word && word != "voluntary_ctxt_switches:") {
        }
        long count = -1;
        status >> count;
        return count;
    }
    // Whether it says something, within this time.
    bool speaks(int ms) {
        pollfd ready{socket_.get(), POLLIN, 0};
        return poll(&ready, 1, ms) > 0;
    }
    // Closes the socket; its exit status, or 128 and the signal.
    int end() {
        socket_.reset();
        int status = 0;
        waitpid(std::exchange(pid_, 0), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

 private:
    Fd socket_;
    pid_t pid_ = 0;
};

struct StoreMain : testing::Test {
    const TemporaryDirectory directory{"/var/tmp"};
    const std::string file = directory / "history.db";

    StoreOrder setup(const std::string& boot = kBoot) const {
        StoreSetup setup;
        setup.options = Watched::options(file);
        setup.boot_id = boot;
        return setup;
    }
    static StoreOrder told(int n) { return StoreEvent{event_json(event_of(n))}; }
    std::vector<PastRow> past() const {
        PastQuery query;
        query.decisions = true;
        return past_of(file, query);
    }
};

TEST_F(StoreMain, WritesWhatItIsTold) {
    Process process;
    process.tell(setup());
    for (int n = 0; n < 3; ++n) process.tell(told(n));
    process.tell(StoreDecision{event_of(2).time, event_of(2).id, R"({"rule":"grow"})"});
    EXPECT_EQ(process.state(), "");
    EXPECT_EQ(process.end(), 0);
    const auto rows = past();
    EXPECT_EQ(ids_of(rows), (std::vector{event_of(0).id, event_of(1).id, event_of(2).id, event_of(2).id}));
    EXPECT_EQ(rows[0].json, event_json(event_of(0)));
    EXPECT_EQ(rows[3].json, R"({"rule":"grow"})");
}

TEST_F(StoreMain, SleepsWhileThereIsNothingToWrite) {
    Process process;
    process.tell(setup());
    process.tell(told(0));
    EXPECT_EQ(process.state(), "");
    // It may still be at the first row; a clock would wake it in each of these times.
    bool sleeps = false;
    for (int i = 0; i < 20 && !sleeps; ++i) {
        const auto before = process.slept();
        ASSERT_GE(before, 0);
        EXPECT_FALSE(process.speaks(1500));
        sleeps = process.slept() == before;
    }
    EXPECT_TRUE(sleeps);
}

TEST_F(StoreMain, WhatIsRememberedIsGivenToTheNextBootUntilItIsTakenOver) {
    {
        Process process;
        process.tell(setup());
        process.tell(StoreRemember{{{"run", "1", "a"}, {"run", "2", "b"}}});
        process.tell(StoreRemember{{{"run", "2", ""}}});
        EXPECT_EQ(process.end(), 0);
    }
    for (const bool settles : {false, true}) {
        Process process;
        process.tell(setup("a later boot"));
        EXPECT_EQ(process.memory(), (std::vector<Remembered>{{"run", "1", "a"}}));
        if (settles) process.tell(StoreSettled{});
        EXPECT_EQ(process.end(), 0);
    }
    Process process;
    process.tell(setup("the last boot"));
    EXPECT_EQ(process.state(), "");
}

TEST_F(StoreMain, LossesAreCounted) {
    Process process;
    process.tell(setup());
    process.tell(told(0));
    process.tell(StoreLost{41});
    process.tell(StoreEvent{"no event at all"});
    process.tell(told(1));
    EXPECT_EQ(process.end(), 0);
    std::uint64_t lost = 0;
    for (const auto& row : past())
        if (row.kind == PastRow::Kind::gap)
            lost += std::stoull(row.json.substr(row.json.find("\"dropped\":") + 10));
    EXPECT_EQ(lost, 42u);
    EXPECT_EQ(ids_of(past_of(file)).size(), past().size());
}

TEST_F(StoreMain, OtherLimitsRemoveWhatIsOld) {
    {
        Process process;
        process.tell(setup());
        for (int n = 0; n < 10; ++n) process.tell(told(n)); // of the past
        EXPECT_EQ(process.end(), 0);
    }
    ASSERT_EQ(past().size(), 10u);
    Process process;
    process.tell(setup());
    process.tell(StoreLimits{std::chrono::hours{1}, 256 << 20});
    auto now = event_of(10);
    now.time = std::chrono::system_clock::now();
    process.tell(StoreEvent{event_json(now)});
    EXPECT_EQ(process.end(), 0);
    EXPECT_EQ(ids_of(past()), std::vector{now.id});
}

TEST_F(StoreMain, SaysWhyAndWhenItWorksAgain) {
    write_file(file, "Dear diary");
    ASSERT_EQ(chmod(file.c_str(), 0600), 0);
    Process process;
    process.tell(setup());
    process.tell(told(0));
    const auto why = process.state();
    EXPECT_NE(why.find(file), std::string::npos) << why;
    EXPECT_NE(why.find("no database"), std::string::npos) << why;
    std::filesystem::remove(file);
    EXPECT_EQ(process.state(), "");
    EXPECT_EQ(process.end(), 0);
    EXPECT_EQ(past().size(), 1u);
}

TEST_F(StoreMain, DamagedFileIsSetAsideAndBegunAnew) {
    {
        Process process;
        process.tell(setup());
        process.tell(told(0));
        EXPECT_EQ(process.end(), 0);
    }
    auto bytes = read_file(file);
    std::fill(bytes.begin() + 16, bytes.begin() + 4096, '\xA5');
    write_file(file, bytes);
    Process process;
    process.tell(setup());
    process.tell(told(1));
    const auto why = process.state();
    EXPECT_NE(why.find("set aside as " + file + ".corrupt-"), std::string::npos) << why;
    EXPECT_EQ(process.state(), "");
    EXPECT_EQ(process.end(), 0);
    EXPECT_EQ(ids_of(past()), std::vector{event_of(1).id});
}

TEST_F(StoreMain, WhatCannotBeWrittenAtTheEndIsNoSuccess) {
    write_file(file, "Dear diary");
    Process process;
    process.tell(setup());
    process.tell(told(0));
    EXPECT_NE(process.state(), "");
    EXPECT_EQ(process.end(), 1);
}

TEST_F(StoreMain, NonsenseEndsItWithWhatCameBeforeWritten) {
    const std::string nonsense[] = {framed("\xFF"), framed(""), std::string(4, '\xFF')};
    for (const auto& bytes : nonsense) {
        Process process;
        process.send_bytes(bytes);
        EXPECT_FALSE(process.report());
        EXPECT_EQ(process.end(), 1);
    }
    int n = 0;
    for (const auto& bytes : nonsense) {
        Process process;
        process.tell(setup());
        EXPECT_EQ(process.state(), "");
        process.tell(told(n++));
        process.send_bytes(bytes);
        EXPECT_FALSE(process.report()); // it has closed
        EXPECT_EQ(process.end(), 1);
        EXPECT_EQ(past().size(), static_cast<std::size_t>(n));
    }
}

TEST_F(StoreMain, NobodyToServeIsNoError) {
    Process process;
    EXPECT_EQ(process.end(), 0);
    Process another;
    another.send_bytes(encode(setup()).substr(0, 9));
    EXPECT_EQ(another.end(), 0);
}

} // namespace
} // namespace dmev
