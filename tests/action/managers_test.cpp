// SPDX-License-Identifier: Apache-2.0
#include "action/managers.hpp"

#include <sys/file.h>

#include <cerrno>
#include <fstream>

#include "fake_managers.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;
using fakes::dmeventd_frame;
using fakes::multipathd_frame;

const std::string uuid = "LVM-" + std::string(64, 'a') + "-tpool";

class ManagedBy : public testing::Test {
 protected:
    ManagedBy() {
        places.dmeventd_pidfile = dir / "dmeventd.pid";
        places.multipathd_pidfile = dir / "multipathd.pid";
        places.dmeventd_client = dir / "client";
        places.dmeventd_server = dir / "server";
        places.multipathd_sockets = {dir / "nobody", dir / "socket"};
    }
    void give_up_soon() { places.limit = 50ms; }
    Managed dmeventd(const std::string& about = uuid) { return managed_by("dmeventd", about, places); }
    Managed multipathd(const std::string& map = "mpatha") { return managed_by("multipathd", map, places); }

    fakes::TempDir dir;
    ManagerPlaces places;
};

// "MARK - UUID 0 0" and its end.
std::string mark_of(const std::string& request) { return request.substr(0, request.find(' ')); }
std::string registered(const std::string& request) {
    return dmeventd_frame(0, mark_of(request) + " libdevmapper-event-lvm2thin.so " + uuid + " 196352");
}
std::string not_registered(const std::string& request) {
    return dmeventd_frame(-ENOENT, mark_of(request) + " No such file or directory");
}

TEST_F(ManagedBy, NobodyIsThere) {
    EXPECT_EQ(dmeventd(), Managed::no);
    EXPECT_EQ(multipathd(), Managed::no);
    EXPECT_EQ(managed_by("mdadm", "x", places), Managed::unknown);
}

TEST_F(ManagedBy, APidFileThatNobodyLocksIsAnOldOne) {
    std::ofstream{places.dmeventd_pidfile} << "1\n";
    // Who listens without the lock is systemd, which would start the daemon at our first byte.
    ASSERT_EQ(mkfifo(places.dmeventd_client.c_str(), 0600), 0);
    ASSERT_EQ(mkfifo(places.dmeventd_server.c_str(), 0600), 0);
    const Fd listener{open(places.dmeventd_client.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
    EXPECT_EQ(dmeventd(), Managed::no);
    char byte;
    EXPECT_EQ(read(listener.get(), &byte, 1), -1) << "something was written";
    EXPECT_EQ(errno, EAGAIN);
}

TEST_F(ManagedBy, DmeventdIsAskedByItsProtocol) {
    fakes::Shared<std::string> asked;
    fakes::Shared<std::uint32_t> command;
    {
        const fakes::Dmeventd daemon{dir, [&](std::uint32_t c, const std::string& text) {
                                         command = c;
                                         asked = text;
                                         return registered(text);
                                     }};
        EXPECT_EQ(dmeventd(), Managed::yes);
        EXPECT_EQ(dmeventd(), Managed::yes) << "once more";
    }
    EXPECT_EQ(*command, 4U);
    EXPECT_TRUE((*asked).ends_with(std::string(" - " + uuid + " 0 0") + '\0')) << *asked;
    EXPECT_TRUE((*asked).starts_with(std::to_string(getpid()) + ":"));
}

TEST_F(ManagedBy, DmeventdDoesNotKnowTheDevice) {
    const fakes::Dmeventd daemon{dir, [](auto, const auto& text) { return not_registered(text); }};
    EXPECT_EQ(dmeventd(), Managed::no);
}

TEST_F(ManagedBy, ADeviceThatDmeventdHasJustLetGoIsNotItsOwn) {
    fakes::Shared<std::string> mask{"0"};
    const fakes::Dmeventd daemon{dir, [&](auto, const auto& text) {
                                     return dmeventd_frame(0,
                                                           mark_of(text) + " x " + uuid + " " + *mask + '\0');
                                 }};
    EXPECT_EQ(dmeventd(), Managed::no);
    mask = "16777216"; // being taken on
    EXPECT_EQ(dmeventd(), Managed::yes);
}

TEST_F(ManagedBy, AnswersToOthersAreNotOurs) {
    const fakes::Dmeventd daemon{dir, [](auto, const auto& text) {
                                     return dmeventd_frame(0, "1:1 x " + uuid + " 1") +
                                            dmeventd_frame(0, mark_of(text) + "1 x " + uuid + " 1") +
                                            not_registered(text) + '\0';
                                 }};
    // What an asker that left has not taken.
    fakes::give(daemon.server(), dmeventd_frame(0, "7:7 x y 1") + "torn");
    EXPECT_EQ(dmeventd(), Managed::no);
    EXPECT_EQ(dmeventd(), Managed::no) << "the byte too many is taken away before";
}

TEST_F(ManagedBy, WhatDmeventdCannotKnowIsNotAsked) {
    const fakes::Dmeventd daemon{dir, [](auto, const auto& text) { return registered(text); }};
    for (const auto* about : {"", "-", "two words", "a\nb", "\xff"}) EXPECT_EQ(dmeventd(about), Managed::no);
    EXPECT_EQ(dmeventd(std::string(129, 'a')), Managed::no);
}

TEST_F(ManagedBy, RubbishFromDmeventdIsNoAnswer) {
    give_up_soon();
    fakes::Shared<std::string> rubbish; // behind the mark, or instead of it all
    fakes::Shared<bool> marked{true};
    const fakes::Dmeventd daemon{dir, [&](auto, const auto& text) {
                                     return *marked ? dmeventd_frame(0, mark_of(text) + *rubbish) : *rubbish;
                                 }};
    for (const auto* text : {"", " x", " x LVM-other 1", " x y z"}) {
        rubbish = text;
        EXPECT_EQ(dmeventd(), Managed::unknown) << text;
    }
    rubbish = " x " + uuid + " y";
    EXPECT_EQ(dmeventd(), Managed::unknown);
    marked = false;
    for (const auto* text : {"", "x", "\xff\xff\xff\xff\xff\xff\xff\xffrubbish", "GET / HTTP/1.1\r\n\r\n"}) {
        rubbish = text;
        EXPECT_EQ(dmeventd(), Managed::unknown) << text;
    }
}

TEST_F(ManagedBy, ADmeventdThatCannotTellIsNoAnswer) {
    const fakes::Dmeventd daemon{
        dir, [](auto, const auto& text) { return dmeventd_frame(-EINVAL, mark_of(text) + " Invalid"); }};
    EXPECT_EQ(dmeventd(), Managed::unknown);
}

TEST_F(ManagedBy, ADmeventdThatHangsCostsTheLimitAndNoMore) {
    give_up_soon();
    const fakes::Dmeventd daemon{dir, [](auto, const auto&) { return std::string{}; }};
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(dmeventd(), Managed::unknown);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 50ms);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST_F(ManagedBy, AnotherClientsTurnIsAwaited) {
    give_up_soon();
    const fakes::Dmeventd daemon{dir, [](auto, const auto& text) { return registered(text); }};
    Fd other{open(places.dmeventd_server.c_str(), O_RDWR | O_CLOEXEC)};
    ASSERT_EQ(flock(other.get(), LOCK_EX), 0);
    EXPECT_EQ(dmeventd(), Managed::unknown) << "it never ends";
    places.limit = 10s;
    std::thread soon{[&] {
        poll(nullptr, 0, 30);
        other.reset();
    }};
    EXPECT_EQ(dmeventd(), Managed::yes);
    soon.join();
}

TEST_F(ManagedBy, WhatIsNoFifoHasNobodyBehindIt) {
    const auto lock = fakes::locked_pidfile(places.dmeventd_pidfile);
    EXPECT_EQ(dmeventd(), Managed::no) << "no FIFO at all";
    std::ofstream{places.dmeventd_client} << "a file";
    EXPECT_EQ(dmeventd(), Managed::no);
    ASSERT_EQ(unlink(places.dmeventd_client.c_str()), 0);
    ASSERT_EQ(mkfifo(places.dmeventd_client.c_str(), 0600), 0);
    EXPECT_EQ(dmeventd(), Managed::no) << "nobody has it open";
}

TEST_F(ManagedBy, MultipathdIsAskedForAllItsMaps) {
    fakes::Shared<std::string> asked, maps{"mpatha\nname with blanks\nmpathb\n"};
    const fakes::Multipathd daemon{dir, dir / "socket", [&](const std::string& command) {
                                       asked = command;
                                       return multipathd_frame(*maps);
                                   }};
    for (const auto* map : {"mpatha", "name with blanks", "mpathb"}) EXPECT_EQ(multipathd(map), Managed::yes);
    for (const auto* map : {"mpath", "blanks", "ok", "", "mpatha mpathb"})
        EXPECT_EQ(multipathd(map), Managed::no);
    maps = "ok\n";
    EXPECT_EQ(multipathd(), Managed::no);
    maps = "";
    EXPECT_EQ(multipathd(), Managed::no);
    EXPECT_EQ(*asked, (std::string{"show maps raw format \"%n\""} + '\0'));
}

TEST_F(ManagedBy, AnAbstractNameIsWrittenWithAnAt) {
    const auto name = "@dmevent-test" + (dir / "");
    places.multipathd_sockets = {name};
    const fakes::Multipathd daemon{dir, name, [](auto&) { return multipathd_frame("mpatha\n"); }};
    EXPECT_EQ(multipathd(), Managed::yes);
}

TEST_F(ManagedBy, RubbishFromMultipathdIsNoAnswer) {
    give_up_soon();
    fakes::Shared<std::string> answer;
    const fakes::Multipathd daemon{dir, dir / "socket", [&](auto&) { return *answer; }};
    for (const auto& rubbish :
         {multipathd_frame("fail\n"), multipathd_frame("timeout\n"), std::string{"xyz"},
          std::string(8, '\xff'), std::string{}, multipathd_frame("mpatha").substr(0, 9)}) {
        answer = rubbish;
        EXPECT_EQ(multipathd(), Managed::unknown);
    }
}

TEST_F(ManagedBy, AMultipathdWithoutASocketListensToNobody) {
    const auto lock = fakes::locked_pidfile(places.multipathd_pidfile);
    EXPECT_EQ(multipathd(), Managed::no);
    places.multipathd_sockets = {std::string(200, 'x')};
    EXPECT_EQ(multipathd(), Managed::unknown);
}

} // namespace
} // namespace dmev
