// SPDX-License-Identifier: Apache-2.0
// What a journal is handed, read from a socket of the test's own.
#include "output/journal_socket.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

namespace dmev {
namespace {

using namespace std::string_literals;
using Fields = std::vector<std::string>;

TEST(JournalEntry, IsALineAFieldOrItsLengthWhereItHasLines) {
    struct {
        Fields fields;
        std::string entry;
    } const table[] = {
        {{}, ""},
        {{"MESSAGE=hello"}, "MESSAGE=hello\n"},
        {{"A=1", "B=2=3", "C="}, "A=1\nB=2=3\nC=\n"},
        {{"A=1\nPRIORITY=0", "B=2"}, "A\n\x0c\0\0\0\0\0\0\0"s + "1\nPRIORITY=0\nB=2\n"},
        {{"A=\n"}, "A\n\x01\0\0\0\0\0\0\0\n\n"s},
        {{"A=x\0y"s}, "A=x\0y\n"s},
        {{"A=" + std::string(258, '\n')}, "A\n\x02\x01\0\0\0\0\0\0"s + std::string(258, '\n') + "\n"},
    };
    for (const auto& [fields, entry] : table) EXPECT_EQ(journal_entry(fields), entry);
}

// Listens as a journal does, for as long as the test runs.
class JournalSocketTest : public testing::Test {
 protected:
    void SetUp() override {
        char name[] = "/tmp/dmev-journal-XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        directory = name;
        path = directory + "/socket";
        listen();
    }
    void TearDown() override { std::filesystem::remove_all(directory); }

    void listen() {
        unlink(path.c_str());
        listening = Fd{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        ASSERT_EQ(bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }

    // The next entry, and the file it came in, if it did.
    std::string taken(Fd& file) const {
        std::string bytes(1 << 20, '\0');
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
        iovec part{bytes.data(), bytes.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        const auto n = recvmsg(listening.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n < 0) return "nothing";
        if (const auto* header = CMSG_FIRSTHDR(&message); header && header->cmsg_type == SCM_RIGHTS) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
            file = Fd{fd};
        }
        bytes.resize(static_cast<std::size_t>(n));
        return bytes;
    }

    std::string directory, path;
    Fd listening;
};

TEST_F(JournalSocketTest, AnEntryIsOneDatagram) {
    const JournalSocket journal{path};
    EXPECT_TRUE(journal.is_there());
    const Fields first{"MESSAGE=one", "A=1\n2"}, second{"MESSAGE=two"};
    EXPECT_TRUE(journal.send(first));
    EXPECT_TRUE(journal.send(second));
    Fd file;
    EXPECT_EQ(taken(file), journal_entry(first));
    EXPECT_EQ(taken(file), journal_entry(second));
    EXPECT_FALSE(file);
}

TEST_F(JournalSocketTest, WhatIsTooLargeForADatagramIsASealedFile) {
    const JournalSocket journal{path};
    const Fields large{"MESSAGE=large", "DMEVENT_JSON=" + std::string(32 << 20, 'x')}; // beyond any buffer
    ASSERT_TRUE(journal.send(large));
    Fd file;
    EXPECT_EQ(taken(file), "");
    ASSERT_TRUE(file);
    EXPECT_EQ(fcntl(file.get(), F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    const auto entry = journal_entry(large);
    struct stat st {};
    ASSERT_EQ(fstat(file.get(), &st), 0);
    ASSERT_EQ(static_cast<std::size_t>(st.st_size), entry.size());
    const void* bytes = mmap(nullptr, entry.size(), PROT_READ, MAP_PRIVATE, file.get(), 0);
    ASSERT_NE(bytes, MAP_FAILED);
    EXPECT_EQ(std::memcmp(bytes, entry.data(), entry.size()), 0);
    munmap(const_cast<void*>(bytes), entry.size());
}

TEST_F(JournalSocketTest, AJournalThatWasStartedAnewIsFound) {
    const JournalSocket journal{path};
    listen();
    const Fields fields{"MESSAGE=again"};
    EXPECT_TRUE(journal.send(fields));
    Fd file;
    EXPECT_EQ(taken(file), "MESSAGE=again\n");
}

TEST_F(JournalSocketTest, WhereNoneListensTheEntryIsNotTaken) {
    listening.reset();
    const Fields fields{"MESSAGE=lost"};
    EXPECT_FALSE(JournalSocket{path}.send(fields));
    EXPECT_EQ(errno, ECONNREFUSED);
    unlink(path.c_str());
    const JournalSocket none{path};
    EXPECT_FALSE(none.is_there());
    EXPECT_FALSE(none.send(fields));
    EXPECT_EQ(errno, ENOENT);
}

} // namespace
} // namespace dmev
