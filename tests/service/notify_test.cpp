// SPDX-License-Identifier: Apache-2.0
#include "service/notify.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "service/status_line.hpp"

namespace dmev {
namespace {

// A service manager that listens under an abstract name, and what it heard.
class Manager {
 public:
    Manager() : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const auto name = "dmev-notify-" + std::to_string(getpid());
        name.copy(address.sun_path + 1, name.size());
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
        EXPECT_EQ(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
        setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
        setenv("WATCHDOG_USEC", "20000", 1);
        setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
    }
    ~Manager() {
        for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
    }
    std::string heard() const {
        pollfd readable{fd_.get(), POLLIN, 0};
        char text[512];
        if (poll(&readable, 1, 0) != 1) return "";
        const auto n = recv(fd_.get(), text, sizeof text, 0);
        return n < 0 ? "" : std::string(text, static_cast<std::size_t>(n));
    }

 private:
    Fd fd_;
};

TEST(Notify, SaysHowWeAre) {
    const Manager manager;
    auto notify = Notify::from_environment();
    notify.ready("watching");
    EXPECT_EQ(manager.heard(), "READY=1\nSTATUS=watching");
    notify.status("watching");
    EXPECT_EQ(manager.heard(), "") << "nothing new";
    notify.status("watching 2 devices");
    EXPECT_EQ(manager.heard(), "STATUS=watching 2 devices");
    notify.reloading();
    const auto reloading = manager.heard();
    EXPECT_TRUE(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC=")) << reloading;
    EXPECT_GT(std::stoull(reloading.substr(reloading.rfind('=') + 1)), 0U);
    notify.ready();
    EXPECT_EQ(manager.heard(), "READY=1");
    notify.stopping();
    EXPECT_EQ(manager.heard(), "STOPPING=1");
}

TEST(Notify, LeavesNothingInTheEnvironment) {
    const Manager manager;
    const auto notify = Notify::from_environment();
    EXPECT_TRUE(notify.listened_to());
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
        EXPECT_EQ(std::getenv(name), nullptr) << name;
}

TEST(Notify, IsSilentWhereNobodyListens) {
    auto nobody = Notify::from_environment();
    EXPECT_FALSE(nobody.listened_to() || nobody.watchdog());
    nobody.ready("watching");
    setenv("NOTIFY_SOCKET", "/nowhere/notify", 1);
    EXPECT_FALSE(Notify::from_environment().listened_to());
    setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
    EXPECT_FALSE(Notify::from_environment().listened_to());
}

TEST(Notify, DoesNotWaitForAManagerThatDoesNotRead) {
    const Manager manager;
    auto notify = Notify::from_environment();
    for (int i = 0; i < 10'000; ++i) notify.status(std::to_string(i));
    EXPECT_EQ(manager.heard(), "STATUS=0");
}

// Else a manager that was busy for a moment would wait for it until it kills us.
TEST(Notify, SaysLaterThatItIsReady) {
    const Manager manager;
    auto notify = Notify::from_environment();
    for (int i = 0; i < 10'000; ++i) notify.status(std::to_string(i));
    notify.reloading();
    notify.ready("watching");
    std::string heard;
    while (!(heard = manager.heard()).empty()) EXPECT_TRUE(heard.starts_with("STATUS=")) << heard;
    notify.alive();
    EXPECT_TRUE(manager.heard().starts_with("RELOADING=1\n"));
    EXPECT_EQ(manager.heard(), "READY=1\nSTATUS=watching");
    EXPECT_EQ(manager.heard(), "WATCHDOG=1");
    notify.alive();
    EXPECT_EQ(manager.heard(), "WATCHDOG=1");
    EXPECT_EQ(manager.heard(), "") << "each once";
}

TEST(Watchdog, IsFedByTheLoopAlone) {
    const Manager manager;
    auto notify = Notify::from_environment();
    auto loop = *Loop::create();
    const Watchdog watchdog{loop, notify};
    EXPECT_EQ(manager.heard(), "WATCHDOG=1");
    EXPECT_EQ(manager.heard(), "");
    for (int fed = 0; fed < 3; ++fed) {
        std::string heard;
        while ((heard = manager.heard()).empty()) ASSERT_TRUE(loop.step(std::chrono::milliseconds{1000}));
        EXPECT_EQ(heard, "WATCHDOG=1");
    }
}

TEST(Watchdog, OfAnotherProcessIsNotOurs) {
    const Manager manager;
    setenv("WATCHDOG_PID", "1", 1);
    const auto notify = Notify::from_environment();
    EXPECT_TRUE(notify.listened_to());
    EXPECT_FALSE(notify.watchdog());
}

TEST(StatusLine, IsMadeOnceForManyChanges) {
    const Manager manager;
    auto notify = Notify::from_environment();
    auto loop = *Loop::create();
    int made = 0;
    StatusLine line{loop, notify, [&] { return "made " + std::to_string(++made); }};
    for (int i = 0; i < 100; ++i) line.changed();
    std::string heard;
    while ((heard = manager.heard()).empty()) ASSERT_TRUE(loop.step(std::chrono::milliseconds{1000}));
    EXPECT_EQ(heard, "STATUS=made 1");
    EXPECT_EQ(made, 1);
}

} // namespace
} // namespace dmev
