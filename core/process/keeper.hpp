// SPDX-License-Identifier: Apache-2.0
// Keeps what programs need to start in memory, so that they start though the disk under them hangs: a process
// of the launcher's holds their files, interpreters, loaders and libraries locked, and every directory and
// link that leads there open.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.hpp"
#include "process/launcher.hpp"

namespace dmev {

struct KeepOrder {
    std::uint64_t most = 0; // bytes; what is beyond is named and left out
    std::vector<std::string> paths;
};
struct Kept {
    std::uint32_t files = 0;
    std::uint64_t bytes = 0;
    std::vector<std::string> lacks; // what could not be kept, and why; escaped
};

std::string encode(const KeepOrder& order);
std::string encode(const Kept& kept); // longer lists and texts are cut
std::optional<KeepOrder> decode_keep_order(std::string_view bytes);
std::optional<Kept> decode_kept(std::string_view bytes);

// The life of the process that keeps; it may wait for a disk, and nobody waits for it.
int keeper_main(int socket);

// The dispatcher's side.
class Keeper {
 public:
    using Said = std::function<void(const Kept&)>;
    // SAID hears what is kept, when that has become another. LOOP and LAUNCHER outlive it.
    Keeper(Loop& loop, Launcher& launcher, Said said);
    ~Keeper(); // nothing is kept any longer
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;

    // What is to be kept from here on, in place of what was; also when the process must be started anew.
    void keep(KeepOrder order);

 private:
    void start();
    void on_readable();

    Loop& loop_;
    Launcher& launcher_;
    Said said_;
    std::string order_; // as bytes; empty: there is nothing to keep
    Fd socket_;
    Loop::TimerId timer_ = 0;
    bool told_ = false; // that there is none
};

} // namespace dmev
