// SPDX-License-Identifier: Apache-2.0
#include "service/succession.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/log.hpp"

namespace dmev {
namespace {

// The latest of each kind and key, so that what cannot be committed does not grow with time.
void put(std::vector<Remembered>& rows, std::vector<Remembered>&& more) {
    for (auto& row : more) {
        const auto same = [&row](const Remembered& r) { return r.kind == row.kind && r.key == row.key; };
        if (const auto it = std::find_if(rows.begin(), rows.end(), same); it != rows.end())
            *it = std::move(row);
        else
            rows.push_back(std::move(row));
    }
}

} // namespace

Result<Succession> Succession::open(const std::string& run_dir) {
    auto ledger = Ledger::open(run_dir + "/ledger.db", boot_id());
    if (!ledger) return ledger.error();
    for (const auto& warning : ledger->warnings()) log::warning("{}", warning);
    return Succession{std::move(*ledger)};
}

Result<std::vector<Remembered>> Succession::inherit(bool begin_anew) {
    auto rows = ledger_.load();
    if (!rows || !begin_anew) return rows;
    for (auto& row : *rows) row.value.clear();
    if (auto r = ledger_.commit(*rows); !r) return r.error();
    return std::vector<Remembered>{};
}

void Succession::keep() {
    if (std::exchange(keeping_, true)) return; // what is said about a failure changes something itself
    std::vector<Remembered> rows;
    for (const auto& changed : ports_.changed) {
        auto more = changed();
        rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
    if (!rows.empty() && ports_.copy) ports_.copy(rows);
    if (!unkept_.empty()) {
        put(unkept_, std::move(rows));
        rows = std::exchange(unkept_, {});
    }
    if (!rows.empty()) {
        const auto committed = ledger_.commit(rows);
        if (!committed) unkept_ = std::move(rows);
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
