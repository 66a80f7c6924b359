// SPDX-License-Identifier: Apache-2.0
#include "service/succession.hpp"

#include <fstream>
#include <iterator>
#include <utility>

#include "base/log.hpp"

namespace dmev {
Result<Succession> Succession::open(const std::string& run_dir) {
    auto ledger = Ledger::open(run_dir + "/ledger.db", boot_id());
    if (!ledger) return ledger.error();
    for (const auto& warning : ledger->warnings()) log::warning("{}", warning);
    return Succession{std::move(*ledger)};
}

Result<std::optional<std::vector<Remembered>>> Succession::inherit(bool begin_anew) {
    using Inherited = std::optional<std::vector<Remembered>>;
    if (ledger_.begun_anew()) return Inherited{};
    auto rows = ledger_.load();
    if (!rows) return rows.error();
    if (!begin_anew) return Inherited{std::move(*rows)};
    for (auto& row : *rows) row.value.clear();
    if (auto r = ledger_.commit(*rows); !r) return r.error();
    return Inherited{std::vector<Remembered>{}};
}

std::vector<Remembered> Succession::everything() {
    auto rows = ledger_.load();
    return rows ? std::move(*rows) : std::vector<Remembered>{};
}

void Succession::keep() {
    if (std::exchange(keeping_, true)) return; // what is said about a failure changes something itself
    std::vector<Remembered> rows;
    for (const auto& changed : ports_.changed) {
        auto more = changed();
        rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
    if (!rows.empty() && ports_.copy) ports_.copy(rows);
    if (!unkept_.empty()) { // the latest of each kind and key, so that it does not grow with time
        for (auto& row : rows) unkept_.insert_or_assign({row.kind, row.key}, std::move(row.value));
        rows.clear();
        for (const auto& [key, value] : unkept_) rows.push_back({key.first, key.second, value});
    }
    if (!rows.empty()) {
        const auto committed = ledger_.commit(rows);
        unkept_.clear();
        if (!committed)
            for (auto& row : rows) unkept_.insert_or_assign({row.kind, row.key}, std::move(row.value));
        if (failed_ != !committed) {
            failed_ = !committed;
            if (ports_.state) ports_.state(committed ? "" : committed.error().text());
        }
    }
    keeping_ = false;
}

std::string boot_id() {
    std::string id;
    std::ifstream{"/proc/sys/kernel/random/boot_id"} >> id;
    return id;
}

} // namespace dmev
