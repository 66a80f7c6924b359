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
         }}};
    programs.left_behind = {{"old", "note", true}};
    EXPECT_EQ(programs.adopt().size(), 1u);
    ASSERT_TRUE(programs.start("a", program()));
    EXPECT_TRUE(said.empty());
    EXPECT_EQ(programs.last(), "a");
    programs.overdue("a", std::chrono::milliseconds{7});
    programs.end("a", ScriptedPrograms::exited(3));
    programs.end("old");
    EXPECT_EQ(said, (std::vector<std::string>{"a overdue 7", "a ended 3", "old ended 0"}));
    EXPECT_EQ(programs.running(), 0u);
}

TEST(ScriptedPrograms, HoldsBothSidesToTheSeam) {
    ScriptedPrograms programs{{[](auto&, auto&&) {}, [](auto&, auto) {}}};
    EXPECT_THROW((void)programs.start("A b", program()), std::logic_error);
    EXPECT_THROW((void)programs.start("no-path", {}), std::logic_error);
    ASSERT_TRUE(programs.start("a", program()));
    EXPECT_THROW((void)programs.start("a", program()), std::logic_error);
    programs.end("a");
    EXPECT_THROW(programs.end("a"), std::logic_error);
    EXPECT_THROW(programs.overdue("a", {}), std::logic_error);
    programs.refusal = Error{ErrorKind::failed, "no room"};
    EXPECT_FALSE(programs.start("b", program()));
    EXPECT_EQ(programs.running(), 0u);
}

} // namespace
} // namespace dmev
