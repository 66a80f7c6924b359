// SPDX-License-Identifier: Apache-2.0
// What the dispatcher and a shepherd say to each other, as bytes. What is not exactly a message is none.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "process/proc.hpp"
#include "process/program.hpp"

namespace dmev {

// The dispatcher's only words; they travel in a sealed file, the program's input in another.
struct Order {
    std::string id;
    std::string jobs;     // the directory that keeps job files; empty: none are kept
    ProcessId dispatcher; // whose job it is
    Program program;      // without input
};

struct Started { // it was forked; its exec may hang or fail
    ProcessId process;
};
struct Overdue {
    std::chrono::milliseconds after{0};
};
using Report = std::variant<Started, Overdue, Ended>;

constexpr std::size_t max_order = 16 << 20;
constexpr std::size_t max_report = 64 << 10; // a packet that fits any socket's buffer

std::string encode(const Order& order);
std::string encode(const Report& report); // longer texts and lists are cut to fit max_report
std::optional<Order> decode_order(std::string_view bytes);
std::optional<Report> decode_report(std::string_view bytes);

} // namespace dmev
