// SPDX-License-Identifier: Apache-2.0
#include "plugin/elf_check.hpp"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <random>

#include "zoo.hpp"

namespace dmev {
namespace {

// Bytes that end where memory ends: one read beyond them kills the test.
class Fenced {
 public:
    explicit Fenced(std::string_view bytes) : size_(bytes.size()) {
        const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        length_ = (size_ + page - 1) / page * page + page;
        base_ = static_cast<char*>(
            mmap(nullptr, length_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        mprotect(base_ + length_ - page, page, PROT_NONE);
        at_ = base_ + length_ - page - size_;
        std::memcpy(at_, bytes.data(), size_);
    }
    ~Fenced() { munmap(base_, length_); }
    Fenced(const Fenced&) = delete;
    char& operator[](size_t i) { return at_[i]; }
    std::string fault() const { return elf_fault(std::as_bytes(std::span{at_, size_}), own_elf_kind()); }

 private:
    size_t size_, length_ = 0;
    char *base_ = nullptr, *at_ = nullptr;
};

class ElfCheck : public testing::Test {
 protected:
    // The sound library, with CHANGE done to its ELF header.
    template <class Change>
    std::string fault_after(Change change) const {
        auto bytes = whole_;
        Elf64_Ehdr header;
        std::memcpy(&header, bytes.data(), sizeof header);
        change(header);
        std::memcpy(bytes.data(), &header, sizeof header);
        return Fenced{bytes}.fault();
    }
    const std::string whole_ = bytes_of(fs::path{ZOO_DIR} / "sound.so");
};

TEST_F(ElfCheck, TakesALibraryOfThisMachine) {
    ASSERT_FALSE(whole_.empty());
    EXPECT_EQ(Fenced{whole_}.fault(), "");
}

TEST_F(ElfCheck, KnowsWhatIsNoElfFile) {
    for (const char* bytes : {"", "\x7f",
                              "\x7f"
                              "EL",
                              "#!/bin/sh\n"})
        EXPECT_EQ(Fenced{bytes}.fault(), "it is not an ELF file");
}

TEST_F(ElfCheck, NamesTheOtherMachine) {
    const std::uint16_t other = own_elf_kind().machine == EM_AARCH64 ? EM_RISCV : EM_AARCH64;
    const auto fault = fault_after([&](auto& h) { h.e_machine = other; });
    EXPECT_TRUE(fault.starts_with(other == EM_AARCH64 ? "it is built for AArch64, this program runs on "
                                                      : "it is built for RISC-V, this program runs on "))
        << fault;
}

TEST_F(ElfCheck, RefusesOtherKindsOfElfFiles) {
    EXPECT_EQ(fault_after([](auto& h) { h.e_ident[EI_CLASS] = ELFCLASS32; }), "it is not a 64 bit library");
    EXPECT_EQ(fault_after([](auto& h) { h.e_ident[EI_DATA] ^= 3; }), "it is built for the other byte order");
    EXPECT_EQ(fault_after([](auto& h) { h.e_type = ET_REL; }), "it is not a shared library");
    EXPECT_EQ(fault_after([](auto& h) { h.e_version = 9; }), "its ELF version is unknown");
    EXPECT_EQ(fault_after([](auto& h) { h.e_phnum = 0; }), "it has no program headers");
}

TEST_F(ElfCheck, SeesOffsetsThatOverflow) {
    for (const std::uint64_t offset : {UINT64_MAX, UINT64_MAX - 63, std::uint64_t{1} << 63}) {
        EXPECT_NE(fault_after([&](auto& h) { h.e_phoff = offset; }), "");
        EXPECT_NE(fault_after([&](auto& h) { h.e_shoff = offset; }), "");
    }
}

TEST_F(ElfCheck, SeesEveryTruncation) {
    const size_t step = std::max<size_t>(1, whole_.size() / 2000);
    for (size_t size = 0; size < whole_.size(); size += size < 4096 ? 1 : step) {
        const auto fault = Fenced{std::string_view{whole_}.substr(0, size)}.fault();
        EXPECT_TRUE(fault.starts_with(size < SELFMAG ? "it is not an ELF file" : "it is truncated"))
            << size << fault;
    }
    EXPECT_NE(Fenced{std::string_view{whole_}.substr(0, whole_.size() - 1)}.fault(), "");
}

TEST_F(ElfCheck, BearsAHundredThousandMutations) {
    std::mt19937 random{20260131};
    const auto below = [&](size_t n) { return std::uniform_int_distribution<size_t>{0, n - 1}(random); };
    Fenced file{whole_};
    int refused = 0;
    for (int turn = 0; turn < 100'000; ++turn) {
        std::vector<std::pair<size_t, char>> undo;
        for (size_t n = 1 + below(4); n-- > 0;) {
            const size_t at = below(8) ? below(1024) : below(whole_.size()); // the headers stand in front
            undo.emplace_back(at, file[at]);
            file[at] = static_cast<char>(random());
        }
        refused += !file.fault().empty();
        for (auto it = undo.rbegin(); it != undo.rend(); ++it) file[it->first] = it->second;
    }
    EXPECT_EQ(file.fault(), "");
    EXPECT_GT(refused, 10'000); // it looks at what was mutated
    EXPECT_LT(refused, 100'000);
}

} // namespace
} // namespace dmev
