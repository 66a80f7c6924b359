// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "store/database.hpp"

namespace dmev {

// Which database a file is: an application's number and the version of its tables, both in the file's head.
struct Form {
    std::int64_t application = 0;
    std::int64_t version = 0;
};
inline constexpr Form kLedgerForm{0x646D6C67, 1};  // "dmlg"
inline constexpr Form kHistoryForm{0x646D6873, 1}; // "dmhs"

enum class Likeness { empty, same, older, newer, foreign };

// What DATABASE is, held against FORM.
Result<Likeness> compare_form(Database& database, const Form& form);

// Its tables made by SQL, and FORM written, as one.
Result<> give_form(Database& database, const Form& form, const char* sql);

} // namespace dmev
