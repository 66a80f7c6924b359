// SPDX-License-Identifier: Apache-2.0
#include "base/result.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace dmev {
namespace {

TEST(Error, TextHasEachPartThatThereIs) {
    Error e;
    e.what = "cannot open";
    EXPECT_EQ(e.text(), "cannot open");
    e.object = "a.yaml";
    e.why = "No such file";
    EXPECT_EQ(e.text(), "cannot open a.yaml: No such file");
    e.remedy = "name another";
    e.place = {"x.conf", 0, 0};
    EXPECT_EQ(e.text(), "x.conf: cannot open a.yaml: No such file; name another");
    e.place.line = 3;
    EXPECT_EQ(e.text(), "x.conf:3: cannot open a.yaml: No such file; name another");
    e.place.column = 9;
    EXPECT_EQ(e.text(), "x.conf:3:9: cannot open a.yaml: No such file; name another");
}

TEST(Error, ErrnoGivesTheReason) {
    const auto e = errno_error("cannot open", "a", ENOENT);
    EXPECT_EQ(e.kind, ErrorKind::failed);
    EXPECT_EQ(e.text(), "cannot open a: No such file or directory");
}

TEST(Error, EachKindHasItsExitStatus) {
    EXPECT_EQ(exit_status(ErrorKind::failed), 1);
    EXPECT_EQ(exit_status(ErrorKind::usage), 2);
    EXPECT_EQ(exit_status(ErrorKind::unavailable), 69);
    EXPECT_EQ(exit_status(ErrorKind::not_permitted), 77);
    EXPECT_EQ(exit_status(ErrorKind::bad_config), 78);
}

TEST(Result, IsAValueOrAnError) {
    Result<std::unique_ptr<int>> good{std::make_unique<int>(3)};
    ASSERT_TRUE(good);
    EXPECT_EQ(**good, 3);
    const auto taken = *std::move(good);
    EXPECT_EQ(*taken, 3);
    const Result<int> bad{Error{ErrorKind::usage, "no", {}, {}, {}}};
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().what, "no");
    EXPECT_TRUE(Result<>{});
}

} // namespace
} // namespace dmev
