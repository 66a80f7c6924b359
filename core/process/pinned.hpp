// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "process/program_files.hpp"

namespace dmev {

// Files that stay in memory, and the places that lead to them, for as long as this lives.
class Pinned {
 public:
    explicit Pinned(std::uint64_t most) : most_(most) {}
    Pinned() = default;
    Pinned(Pinned&&) = default;
    Pinned& operator=(Pinned&&) = default;

    // All that the program at PATH needs to start, or just a file that is none. What cannot be had is named.
    void add(const std::string& path);

    std::size_t files() const { return files_.size(); }
    std::uint64_t bytes() const { return bytes_; }
    const std::vector<std::string>& lacks() const { return lacks_; }

 private:
    using Key = std::pair<dev_t, ino_t>;
    class Locked {
     public:
        Locked(void* at, std::size_t size) : at_(at), size_(size) {}
        Locked(Locked&& other) noexcept : at_(std::exchange(other.at_, nullptr)), size_(other.size_) {}
        Locked& operator=(Locked&&) = delete;
        ~Locked();

     private:
        void* at_;
        std::size_t size_;
    };
    void add_file(const std::string& path);
    void pin(Trail&& trail);

    std::uint64_t most_ = 0, bytes_ = 0;
    std::map<Key, Locked> files_;
    std::map<Key, Fd> places_;
    std::vector<std::string> lacks_;
};

} // namespace dmev
