// SPDX-License-Identifier: Apache-2.0
#include "fakes/scripted_programs.hpp"

#include <gtest/gtest.h>

namespace dmev {
namespace {

Program program() {
    Program p;
    p.argv = {"/bin/true"};
    return p;
}

TEST(ScriptedPrograms, EndsWhatWasStartedWhenTheTestSaysSo) {
    std::vector<std::string> said;
    ScriptedPrograms programs{
        {[&](const std::string& id, Ended&& e) { said.push_back(id + " ended " + std::to_string(e.status)); },
         [&](const std::string& id, auto after) {
             said.push_back(id + " overdue " + std::to_string(after.count()));
         },
         [&](const std::string& id) { said.push_back(id + " released"); }}};
    programs.left_behind = {{"old", "note", true}};
    EXPECT_EQ(programs.adopt().size(), 1u);
    ASSERT_TRUE(programs.start("a", program()));
    EXPECT_TRUE(said.empty());
    EXPECT_EQ(programs.last(), "a");
    programs.overdue("a", std::chrono::milliseconds{7});
    programs.end("a", ScriptedPrograms::exited(3));
    EXPECT_FALSE(programs.is_done("a"));
    programs.done("a");
    EXPECT_TRUE(programs.is_done("a"));
    auto stuck = ScriptedPrograms::exited(0);
    stuck.stuck = true;
    programs.end("old", stuck);
    programs.release("old");
    EXPECT_EQ(said, (std::vector<std::string>{"a overdue 7", "a ended 3", "old ended 0", "old released"}));
    EXPECT_EQ(programs.running(), 0u);
}

TEST(ScriptedPrograms, HoldsBothSidesToTheSeam) {
    ScriptedPrograms programs{{[](auto&, auto&&) {}, [](auto&, auto) {}, [](auto&) {}}};
    EXPECT_THROW((void)programs.start("A b", program()), std::logic_error);
    EXPECT_THROW((void)programs.start("no-path", {}), std::logic_error);
    ASSERT_TRUE(programs.start("a", program()));
    EXPECT_THROW((void)programs.start("a", program()), std::logic_error);
    programs.end("a");
    EXPECT_THROW(programs.end("a"), std::logic_error);
    EXPECT_THROW(programs.overdue("a", {}), std::logic_error);
    EXPECT_THROW(programs.release("a"), std::logic_error);
    programs.done("a");
    EXPECT_THROW(programs.done("a"), std::logic_error);
    programs.refusal = Error{ErrorKind::failed, "no room"};
    EXPECT_FALSE(programs.start("b", program()));
    EXPECT_EQ(programs.running(), 0u);
}

} // namespace
} // namespace dmev
