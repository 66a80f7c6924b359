// SPDX-License-Identifier: Apache-2.0
#include "store/form.hpp"

#include <fmt/format.h>

namespace dmev {

Result<Likeness> compare_form(Database& database, const Form& form) {
    const auto application = database.number_of("PRAGMA application_id");
    if (!application) return application.error();
    const auto version = database.number_of("PRAGMA user_version");
    if (!version) return version.error();
    const auto tables = database.number_of("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tables.error();
    if (*application == 0 && *version == 0 && *tables == 0) return Likeness::empty;
    if (*application != form.application) return Likeness::foreign;
    if (*version == form.version) return Likeness::same;
    return *version > form.version ? Likeness::newer : Likeness::older;
}

Result<> give_form(Database& database, const Form& form, const char* sql) {
    return database.transact([&]() -> Result<> {
        if (auto r = database.exec(sql); !r) return r;
        return database.exec(
            fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", form.application, form.version)
                .c_str());
    });
}

} // namespace dmev
