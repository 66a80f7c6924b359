// SPDX-License-Identifier: Apache-2.0
// An order on its way from the dispatcher to a shepherd: two sealed files in memory, the order and the input.
#pragma once
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "process/messages.hpp"

namespace dmev {

// To the shepherd behind SOCKET. Never blocks.
Result<> send_order(int socket, const Order& order, std::string_view input);

// From FILE, as send_order() made it; more than one process may read it.
std::optional<Order> read_order(int file);

} // namespace dmev
