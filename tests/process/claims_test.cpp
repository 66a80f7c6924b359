// SPDX-License-Identifier: Apache-2.0
// A dispatcher was killed between its order and the job that a shepherd makes of it: a successor's claim and
// that shepherd decide between them who does it.
#include <sys/prctl.h>

#include <fstream>

#include "fixture.hpp"

namespace dmev {
namespace {

class Claims : public ::testing::Test {
 protected:
    // A dispatcher in a process of its own orders a program, and is gone at once.
    void order(const std::string& id) const {
        const auto pid = fork();
        if (pid == 0) {
            Dispatcher dispatcher{run_dir()};
            auto program = shell("echo ran >>\"$1\"", {ran_});
            program.note = "the note";
            (void)!dispatcher.programs->start(id, program);
            kill(getpid(), SIGKILL);
        }
        ASSERT_EQ(waitpid(pid, nullptr, 0), pid);
    }
    int count() const {
        std::ifstream file{ran_};
        int lines = 0;
        for (std::string line; std::getline(file, line);) ++lines;
        return lines;
    }
    // By one that is gone.
    void leave_claim(const std::string& id) const {
        const auto pid = fork();
        if (pid == 0) _exit(0);
        ASSERT_EQ(waitpid(pid, nullptr, 0), pid);
        std::ofstream{job(id)} << write_claim(id, {pid, 1});
    }
    std::string run_dir() const { return dir_ / "run"; }
    std::string job(const std::string& id) const { return run_dir() + "/jobs/" + id + ".job"; }

    TempDir dir_;
    std::string ran_ = dir_ / "ran";
};

TEST_F(Claims, AShepherdThatComesLateStartsNothing) {
    Dispatcher dispatcher{run_dir()};
    EXPECT_TRUE(dispatcher.programs->adopt().empty());
    const auto claimed = dispatcher.programs->claim("late");
    ASSERT_TRUE(claimed);
    EXPECT_FALSE(*claimed);
    EXPECT_TRUE(std::filesystem::exists(job("late")));
    dispatcher.says = false;
    ASSERT_TRUE(dispatcher.programs->start("late", shell("echo ran >>\"$1\"", {ran_})));
    EXPECT_EQ(dispatcher.end_of("late").how, Ended::How::lost);
    EXPECT_EQ(count(), 0);
    EXPECT_TRUE(std::filesystem::exists(job("late"))) << "it stands as long as one may come";
    EXPECT_FALSE(std::filesystem::exists(job("late") + ".tmp"));
}

TEST_F(Claims, AClaimThatComesLateTakesTheProgramOver) {
    ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    order("orphan");
    while (waitpid(-1, nullptr, 0) > 0) { // its launcher and shepherd
    }
    Dispatcher successor{run_dir()};
    const auto claimed = successor.programs->claim("orphan");
    ASSERT_TRUE(claimed) << claimed.error().text();
    ASSERT_TRUE(*claimed);
    EXPECT_EQ((*claimed)->note, "the note");
    EXPECT_FALSE((*claimed)->running);
    EXPECT_FALSE(successor.programs->claim("orphan")) << "it is ours already";
    EXPECT_EQ(successor.end_of("orphan").how, Ended::How::exited);
    EXPECT_EQ(count(), 1);
    EXPECT_FALSE(std::filesystem::exists(job("orphan")));
}

// Whoever comes first, it runs once for a job that was found, and never for one that was claimed.
TEST_F(Claims, ARaceHasOneWinner) {
    ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    for (int i = 0; i < 20; ++i) {
        std::filesystem::remove(ran_);
        const auto id = "race-" + std::to_string(i);
        bool found = false;
        {
            Dispatcher successor{run_dir()};
            order(id);
            const auto claimed = successor.programs->claim(id);
            ASSERT_TRUE(claimed) << claimed.error().text();
            found = claimed->has_value();
            EXPECT_TRUE(!found || successor.end_of(id).how == Ended::How::exited);
        }
        while (waitpid(-1, nullptr, 0) > 0) {
        }
        EXPECT_EQ(count(), found ? 1 : 0);
    }
}

TEST_F(Claims, AClaimOfOneThatIsGoneIsOurs) {
    Dispatcher successor{run_dir()};
    leave_claim("left");
    EXPECT_TRUE(successor.programs->adopt().empty());
    EXPECT_TRUE(std::filesystem::exists(job("left"))) << "its shepherd may come still";
    const auto claimed = successor.programs->claim("left");
    ASSERT_TRUE(claimed) << claimed.error().text();
    EXPECT_FALSE(*claimed);
}

TEST_F(Claims, OldClaimsAreSweptAway) {
    Dispatcher successor{run_dir()};
    leave_claim("old");
    leave_claim("new");
    const timespec two_hours_ago[2] = {{std::time(nullptr) - 7200, 0}, {std::time(nullptr) - 7200, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, job("old").c_str(), two_hours_ago, 0), 0);
    std::ofstream{run_dir() + "/jobs/x.claim.tmp"} << "half";
    EXPECT_TRUE(successor.programs->adopt().empty());
    EXPECT_FALSE(std::filesystem::exists(job("old")));
    EXPECT_TRUE(std::filesystem::exists(job("new")));
    EXPECT_FALSE(std::filesystem::exists(run_dir() + "/jobs/x.claim.tmp"));
}

TEST_F(Claims, AJobOfALivingDispatcherIsNotClaimed) {
    Dispatcher owner{run_dir()}, other{run_dir()};
    ASSERT_TRUE(owner.programs->start("owned", shell("exit 0")));
    owner.says = false;
    owner.end_of("owned");
    const auto claimed = other.programs->claim("owned");
    ASSERT_FALSE(claimed);
    EXPECT_NE(claimed.error().text().find("who started it lives"), std::string::npos);
}

TEST_F(Claims, ADispatcherWhoseNumberIsAnothersByNowIsGone) {
    Dispatcher successor{run_dir()};
    std::ofstream{job("reused")} << write_job({"reused", "", {getpid(), 1}, shell("exit 0")}, {1, 1});
    const auto found = successor.programs->adopt();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(successor.end_of("reused").how, Ended::How::lost);
}

TEST_F(Claims, WithoutAPlaceForJobsNobodyComesLate) {
    Dispatcher dispatcher;
    const auto claimed = dispatcher.programs->claim("any");
    ASSERT_TRUE(claimed);
    EXPECT_FALSE(*claimed);
    EXPECT_FALSE(dispatcher.programs->claim("../x"));
}

} // namespace
} // namespace dmev
